// The list of tasks: who waits, who is being helped, who was.

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { gist } from "./contexts.js";
import { STATUS, groups, initials, nameOf, unread, waited } from "./tasks.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Deeds} Deeds @typedef {import("./types.js").Task} Task */

const TIME = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });

/** @param {Model} model @param {Deeds} deeds */
export function tasksView(model, deeds) {
  const all = groups(model.state.tasks);
  return html`
    <section class="tasks" aria-labelledby="tasks-title">
      <h2 id="tasks-title">Tasks</h2>
      ${all.length === 0 ? nobody(model) : nothing}
      ${away(model)}
      ${repeat(
        all,
        ({ group }) => group,
        ({ group, title, tasks }) => html`
          <section class=${group} aria-label=${title}>
            <h3>${title} <span class="count">${tasks.length}</span></h3>
            <ul>
              ${repeat(tasks, (task) => task.sid, (task) => html`<li>${card(model, deeds, task, group)}</li>`)}
            </ul>
          </section>
        `,
      )}
    </section>
  `;
}

/** @param {Model} model */
function nobody({ known }) {
  if (!known) return html`<p class="nothing">Connecting…</p>`;
  return html`<p class="nothing">Nobody is waiting. Say something on the chat page, and a task appears here.</p>`;
}

/** @param {Model} model */
function away({ known, state: { agent } }) {
  if (!known || agent.available) return nothing;
  return html`<p class="hint">You are away: TaskRouter offers you nothing. New tasks wait in the queue.</p>`;
}

/** @param {Model} model @param {Deeds} deeds @param {Task} task @param {string} group */
function card(model, deeds, task, group) {
  const channel = model.state.channels[task.channel_sid ?? ""];
  const last = channel?.messages.at(-1);
  const news = group === "done" ? 0 : unread(channel, model.seen[task.sid]);
  const about = group === "waiting" ? gist(task.context) : "";
  return html`
    <button
      class="task"
      type="button"
      aria-current=${task.sid === model.active ? "true" : "false"}
      @click=${() => deeds.choose(task.sid)}
    >
      <span class="avatar visitor" aria-hidden="true">${initials(nameOf(task))}</span>
      <span class="task-name">${nameOf(task)}</span>
      <span class="task-time">${group === "waiting" ? since(task, model.now) : TIME.format(new Date(last?.date_created ?? task.date_created))}</span>
      <span class="task-last">${last?.body || last?.media?.filename || "No words yet"}</span>
      ${about ? html`<span class="task-about">${about}</span>` : nothing}
      ${task.status === "canceled" ? html`<span class="task-about">Canceled${task.reason ? `: ${task.reason}` : ""}</span>` : nothing}
      ${news > 0 && group !== "waiting" ? html`<span class="badge">${news}<span class="unseen"> new</span></span>` : nothing}
    </button>
    ${group === "waiting" ? offer(task, deeds) : nothing}
  `;
}

/** @param {Task} task @param {number} now */
function since(task, now) {
  return html`<span class="unseen">waiting for </span><span class="waits" role="timer" aria-live="off">${waited(task.date_created, now)}</span>`;
}

/** @param {Task} task @param {Deeds} deeds */
function offer(task, { move }) {
  const name = nameOf(task);
  if (task.status === "pending") {
    return html`
      <div class="offer">
        <span class="state">${STATUS.pending}</span>
        <button class="quiet" type="button" aria-label=${`Take ${name}`} @click=${() => move(task.sid, "take")}>Take</button>
      </div>
    `;
  }
  return html`
    <div class="offer">
      <button class="main" type="button" aria-label=${`Accept ${name}`} @click=${() => move(task.sid, "accept")}>Accept</button>
      <button class="quiet" type="button" aria-label=${`Decline ${name}`} title="Back to the queue, for somebody else" @click=${() => move(task.sid, "decline")}>
        Decline
      </button>
    </div>
  `;
}
