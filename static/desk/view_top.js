// The head of the desk: what it is, how Twilio behaves, who you are.

import { html, nothing } from "lit";

import { BELL, MUTED, SIDE } from "./icons.js";
import { active, mood, struck } from "./mischief.js";
import { initials } from "./tasks.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Deeds} Deeds */

/** @param {Model} model @param {Deeds} deeds */
export function topView(model, deeds) {
  const { set } = deeds;
  return html`
    <header class="top">
      <h1>Agents' desk</h1>
      <p class="aside">A pretend Twilio Flex: what happens here, happens in the same words on a real account.</p>
      <div class="tools">
        ${moodChip(model, deeds)}
        <button
          class="tool"
          type="button"
          aria-pressed=${model.alerts ? "true" : "false"}
          title="A sound, and a count in the window's title, for each new task"
          @click=${() => set({ alerts: !model.alerts })}
        >
          ${model.alerts ? BELL : MUTED}<span class="unseen">Alerts for new tasks</span>
        </button>
        <button
          class="tool side-switch"
          type="button"
          aria-pressed=${model.wide ? "true" : "false"}
          title="Show or hide what goes over the wire"
          @click=${() => set({ wide: !model.wide })}
        >
          ${SIDE}<span class="unseen">Panel at the side</span>
        </button>
      </div>
      ${me(model, deeds)}
    </header>
  `;
}

/** @param {Model} model @param {Deeds} deeds */
function moodChip({ mischief }, { set }) {
  const on = active(mischief);
  const times = struck(mischief);
  return html`
    <button
      class="mood ${on ? "troubled" : ""}"
      type="button"
      title="How Twilio behaves; press to change it"
      @click=${() => set({ tab: "mischief", pane: "panel", wide: true })}
    >
      <span class="dot" aria-hidden="true"></span><span class="unseen">Twilio's mood: </span>${mood(mischief)}${on && times > 0
        ? html`<span class="times">${times}<span class="unseen"> faults so far</span></span>`
        : nothing}
    </button>
  `;
}

/** @param {Model} model @param {Deeds} deeds */
function me({ state: { agent, activities }, known }, { work }) {
  if (!known) return nothing;
  return html`
    <div class="me">
      <span class="avatar" aria-hidden="true">${initials(agent.name)}</span>
      <div>
        <b>${agent.name}</b>
        <label class="activity ${agent.available ? "ready" : "away"}">
          <span class="unseen">Your activity</span>
          <select @change=${(/** @type {any} */ event) => work(event.target.value)}>
            ${activities.map((one) => html`<option value=${one.sid} ?selected=${one.sid === agent.activity}>${one.name}</option>`)}
          </select>
        </label>
      </div>
    </div>
  `;
}
