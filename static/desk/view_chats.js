// The chats in hand, side by side as far as there is room, the others behind tabs.

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { seenOf } from "./columns.js";
import { nameOf, unread } from "./tasks.js";
import { chatView } from "./view_chat.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Deeds} Deeds @typedef {import("./types.js").Task} Task */

/** @param {Model} model @param {Deeds} deeds */
export function chatsView(model, deeds) {
  const tasks = model.open.map((sid) => model.state.tasks.find((task) => task.sid === sid)).filter((task) => task !== undefined);
  const seen = seenOf(tasks.map((task) => task.sid), model.active, model.columns);
  const shown = tasks.filter((task) => seen.includes(task.sid));
  return html`
    <section class="chats" aria-label="Chats">
      ${tasks.length > shown.length ? tabs(tasks, seen, model, deeds) : nothing}
      ${tasks.length === 0 ? html`<p class="nothing middle">Accept a task on the left to talk to its visitor.</p>` : nothing}
      <div class="columns">${repeat(shown, (task) => task.sid, (task) => chatView(task, model, deeds))}</div>
    </section>
  `;
}

/** @param {Task[]} tasks @param {string[]} seen @param {Model} model @param {Deeds} deeds */
function tabs(tasks, seen, model, { choose }) {
  return html`
    <nav class="tabs" aria-label="Open chats">
      ${repeat(
        tasks,
        (task) => task.sid,
        (task) => html`
          <button
            type="button"
            class=${seen.includes(task.sid) ? "in-sight" : ""}
            aria-current=${task.sid === model.active ? "true" : "false"}
            @click=${() => choose(task.sid)}
          >
            ${nameOf(task)}${news(task, model)}
          </button>
        `,
      )}
    </nav>
  `;
}

/** @param {Task} task @param {Model} model */
function news(task, { state, seen }) {
  const count = unread(state.channels[task.channel_sid ?? ""], seen[task.sid]);
  return count > 0 ? html` <span class="count">${count}<span class="unseen"> new</span></span>` : nothing;
}
