// One chat: who it is, what was said, and what can be done about it.

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { rows } from "./contexts.js";
import { ABOUT, CLOSE } from "./icons.js";
import { items } from "./items.js";
import { STATUS, groupOf, initials, nameOf, seenUpTo } from "./tasks.js";
import { composerView } from "./view_composer.js";
import { itemView } from "./view_items.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Deeds} Deeds */
/** @typedef {import("./types.js").Task} Task @typedef {import("./types.js").Channel} Channel */

/** @param {Task} task @param {Model} model @param {Deeds} deeds */
export function chatView(task, model, deeds) {
  const channel = model.state.channels[task.channel_sid ?? ""];
  const inHand = task.sid === model.active;
  const touch = () => deeds.touch(task.sid);
  return html`
    <section class="chat" data-task=${task.sid} aria-label=${`Chat with ${nameOf(task)}`} aria-current=${inHand ? "true" : "false"} @focusin=${touch} @pointerdown=${touch}>
      ${head(task, channel, model, deeds)} ${model.told.includes(task.sid) ? about(task, channel) : nothing}
      <div class="log" role="log" aria-live=${inHand ? "polite" : "off"} aria-label=${`Messages of ${nameOf(task)}`} tabindex="0" data-follow>
        ${channel ? log(task, channel, model, deeds) : html`<p class="nothing">This task has no chat.</p>`}
      </div>
      ${foot(task, channel, model, deeds)}
    </section>
  `;
}

/** @param {Task} task @param {Channel | undefined} channel @param {Model} model @param {Deeds} deeds */
function head(task, channel, model, deeds) {
  const told = model.told.includes(task.sid);
  const toggled = told ? model.told.filter((sid) => sid !== task.sid) : [...model.told, task.sid];
  return html`
    <header class="chat-head">
      <span class="avatar visitor" aria-hidden="true">${initials(nameOf(task))}</span>
      <div class="names">
        <h2>${nameOf(task)}</h2>
        <p>${channel?.status === "INACTIVE" && groupOf(task) === "active" ? "Ended" : STATUS[task.status]}</p>
      </div>
      <button class="tool" type="button" aria-expanded=${told ? "true" : "false"} @click=${() => deeds.set({ told: toggled })}>
        ${ABOUT}<span class="unseen">About ${nameOf(task)}</span>
      </button>
      ${deed(task, channel, deeds)}
      <button class="tool" type="button" title="Close this column; the chat goes on" @click=${() => deeds.shut(task.sid)}>
        ${CLOSE}<span class="unseen">Close the column of ${nameOf(task)}</span>
      </button>
    </header>
  `;
}

/** @param {Task} task @param {Channel | undefined} channel @param {Deeds} deeds */
function deed(task, channel, { move }) {
  const ended = channel?.status === "INACTIVE";
  const name = nameOf(task);
  if (task.status === "wrapping" || (task.status === "assigned" && ended)) {
    return html`<button class="main" type="button" aria-label=${`Complete ${name}`} @click=${() => move(task.sid, "complete")}>Complete</button>`;
  }
  if (task.status !== "assigned") return nothing;
  const tip = `end-${task.sid}`;
  return html`
    <span class="tipped">
      <button class="quiet grave" type="button" aria-label=${`End chat with ${name}`} aria-describedby=${tip} @click=${() => move(task.sid, "end")}>
        End<span class="wide-only"> chat</span>
      </button>
      <span class="tip" role="tooltip" id=${tip}>${meaning(channel)}</span>
    </span>
  `;
}

/** @param {Channel | undefined} channel */
function meaning(channel) {
  return channel?.service === "Conversations"
    ? "The interaction is closed: you leave, the conversation becomes closed for good, and the visitor is told. Then complete the task."
    : "The channel's attribute status becomes INACTIVE, you leave it, and the visitor is told. Then complete the task.";
}

/** @param {Task} task @param {Channel | undefined} channel */
function about(task, channel) {
  const { form, visit } = rows(task.context);
  const ids = [["Task", task.sid], ["Status", task.status], [channel?.service ?? "Channel", task.channel_sid ?? "none"]];
  return html`
    <div class="about">
      ${form.length > 0 ? table("From the form", form) : nothing} ${visit.length > 0 ? table("This visit", visit) : nothing}
      ${form.length + visit.length === 0 ? html`<p class="hint">The page told nothing of this visit.</p>` : nothing}
      ${table("At Twilio", ids.map(([name = "", value = ""]) => ({ name, value, link: null })))}
    </div>
  `;
}

/** @param {string} title @param {import("./contexts.js").Row[]} all */
function table(title, all) {
  return html`
    <h3>${title}</h3>
    <dl>
      ${all.map(
        ({ name, value, link }) => html`
          <dt>${name}</dt>
          <dd>${link ? html`<a href=${link} target="_blank" rel="noopener noreferrer nofollow">${value}</a>` : value}</dd>
        `,
      )}
    </dl>
  `;
}

/** @param {Task} task @param {Channel} channel @param {Model} model @param {Deeds} deeds */
function log(task, channel, model, deeds) {
  const about = { me: model.state.agent, visitor: nameOf(task), seen: seenUpTo(channel, model.seen[task.sid]) };
  const open = task.status === "assigned" && channel.status === "ACTIVE";
  return html`
    <ol class="messages">
      ${repeat(items(channel, about), (item) => item.key, (item) => itemView(item, { task, model, deeds, open }))}
    </ol>
  `;
}

/** @param {Task} task @param {Channel | undefined} channel @param {Model} model @param {Deeds} deeds */
function foot(task, channel, model, deeds) {
  const group = groupOf(task);
  if (group === "waiting") return waiting(task, deeds);
  if (group === "active" && channel?.status === "ACTIVE") return composerView(task, channel, model, deeds);
  if (group === "done") return html`<p class="foot hint">${STATUS[task.status]}${task.reason ? `: ${task.reason}.` : "."} Nothing more can be said here.</p>`;
  const state = channel?.service === "Conversations" ? "The conversation is closed" : "The channel is INACTIVE";
  return html`<p class="foot hint">${state}; the visitor was told. The task waits until you complete it: in Flex, time to write notes.</p>`;
}

/** @param {Task} task @param {Deeds} deeds */
function waiting(task, { move }) {
  const name = nameOf(task);
  const mine = task.status === "reserved";
  return html`
    <div class="foot offer">
      <span>${mine ? "This visitor is waiting for an agent." : "Waits in the queue, offered to nobody."}</span>
      <button class="main" type="button" aria-label=${`${mine ? "Accept" : "Take"} the chat with ${name}`} @click=${() => move(task.sid, mine ? "accept" : "take")}>
        ${mine ? "Accept" : "Take"}
      </button>
    </div>
  `;
}
