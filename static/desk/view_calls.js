// The log of calls and webhooks, as in a browser's network tab.

import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";

import { CLEAR, PAUSE, PLAY } from "./icons.js";
import { nameOf } from "./tasks.js";
import { lineView } from "./view_line.js";
import { filtered } from "./wire.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Deeds} Deeds @typedef {import("./types.js").Filter} Filter */

/** @type {[Filter["way"], string, string][]} */
const WAYS = [
  ["all", "All", "Both ways"],
  ["rest", "REST", "The middleware calls Twilio"],
  ["webhook", "Webhooks", "Twilio calls the middleware"],
];

/** @param {Model} model @param {Deeds} deeds */
export function callsView(model, deeds) {
  const channel = channelInHand(model);
  const lines = filtered(model.lines, model.filter, channel);
  return html`
    ${filterView(model, deeds)}
    <div class="entries" tabindex="0" role="region" aria-label="Calls and webhooks, the newest last" data-follow>
      ${lines.length === 0 ? empty(model) : nothing}
      <ol class="lines">${repeat(lines, (line) => line.key, (line) => lineView(line, model, deeds, channel))}</ol>
    </div>
  `;
}

/** @param {Model} model @returns {string} the sid of the channel of the chat in hand, or "" */
export function channelInHand({ state, active }) {
  return state.tasks.find((task) => task.sid === active)?.channel_sid ?? "";
}

/** What the log and the story let through. @param {Model} model @param {Deeds} deeds */
export function filterView(model, { set, pause, clear }) {
  const { filter } = model;
  /** @param {Partial<Filter>} change */
  const change = (change) => set({ filter: { ...filter, ...change } });
  return html`
    <div class="filter">
      <div class="row">
        <fieldset class="ways">
          <legend class="unseen">Which way</legend>
          ${WAYS.map(
            ([way, title, about]) => html`
              <label title=${about}><input type="radio" name="way" .checked=${live(filter.way === way)} @change=${() => change({ way })} /><span>${title}</span></label>
            `,
          )}
        </fieldset>
        <button class="tool" type="button" aria-pressed=${model.paused ? "true" : "false"} title=${model.paused ? "Go on" : "Pause"} @click=${pause}>
          ${model.paused ? PLAY : PAUSE}<span class="unseen">Pause the log</span>
        </button>
        <button class="tool" type="button" title="Clear what is shown here" @click=${clear}>${CLEAR}<span class="unseen">Clear the log</span></button>
      </div>
      <div class="row">
        <input class="search" type="search" placeholder="Search" aria-label="Search in calls and webhooks" .value=${live(filter.text)} @input=${(/** @type {any} */ event) => change({ text: event.target.value })} />
        <label class="tick"><input type="checkbox" .checked=${live(filter.mine)} @change=${() => change({ mine: !filter.mine })} /> this chat only</label>
        <label class="tick"><input type="checkbox" .checked=${live(filter.failed)} @change=${() => change({ failed: !filter.failed })} /> failed</label>
      </div>
      ${model.paused ? html`<p class="held">Paused${model.held > 0 ? `: ${model.held} more since` : ""}. <button class="link" type="button" @click=${pause}>Go on</button></p>` : nothing}
    </div>
  `;
}

/** @param {Model} model */
export function empty({ lines, filter, state, active }) {
  if (lines.length === 0) return html`<p class="nothing">Nothing yet. Every REST call and every webhook shows up here as it happens.</p>`;
  const task = state.tasks.find((one) => one.sid === active);
  const whose = filter.mine && task ? ` in the chat with ${nameOf(task)}` : "";
  return html`<p class="nothing">Nothing${whose} fits the filter.</p>`;
}
