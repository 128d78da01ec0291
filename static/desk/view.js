// The whole desk as a picture of a model. No state, no requests.

import { html, nothing } from "lit";

import { chatsView } from "./view_chats.js";
import { panelView } from "./view_panel.js";
import { tasksView } from "./view_tasks.js";
import { topView } from "./view_top.js";
import { groupOf, unread } from "./tasks.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Deeds} Deeds */

/** @param {Model} model @param {Deeds} deeds */
export function deskView(model, deeds) {
  const trouble = model.connected ? model.complaint : "The simulator does not answer. Trying again…";
  return html`
    <div class="desk" data-pane=${model.pane} data-side=${model.wide ? "shown" : "hidden"}>
      ${topView(model, deeds)}
      <div class="trouble" role="alert">${trouble ? html`<p>${trouble}</p>${dismiss(model, deeds)}` : nothing}</div>
      <p class="unseen" role="status">${model.said}</p>
      <main>${tasksView(model, deeds)} ${chatsView(model, deeds)} ${panelView(model, deeds)}</main>
      ${panes(model, deeds)}
    </div>
  `;
}

/** @param {Model} model @param {Deeds} deeds */
function dismiss({ connected }, { set }) {
  if (!connected) return nothing;
  return html`<button class="quiet small" type="button" @click=${() => set({ complaint: "" })}>Dismiss</button>`;
}

/** Where the window is too narrow for all at once. @param {Model} model @param {Deeds} deeds */
function panes(model, { set }) {
  const waiting = model.state.tasks.filter((task) => groupOf(task) === "waiting").length;
  const words = model.open.reduce((sum, sid) => sum + unreadOf(model, sid), 0);
  /** @type {[import("./types.js").Pane, string, number][]} */
  const all = [["tasks", "Tasks", waiting], ["chats", "Chats", words], ["panel", "Wire", 0]];
  return html`
    <nav class="panes" aria-label="Parts of the desk">
      ${all.map(
        ([pane, name, count]) => html`
          <button type="button" data-pane=${pane} aria-current=${model.pane === pane ? "true" : "false"} @click=${() => set({ pane })}>
            ${name}${count > 0 ? html` <span class="count">${count}<span class="unseen"> new</span></span>` : nothing}
          </button>
        `,
      )}
    </nav>
  `;
}

/** @param {Model} model @param {string} sid */
function unreadOf({ state, seen }, sid) {
  const task = state.tasks.find((one) => one.sid === sid);
  return unread(state.channels[task?.channel_sid ?? ""], seen[sid]);
}
