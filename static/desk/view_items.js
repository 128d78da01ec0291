// What stands in a chat's log.

import { html, nothing } from "lit";

import { EDIT } from "./icons.js";
import { pieces } from "./links.js";

/** @typedef {import("./items.js").Item} Item @typedef {import("./items.js").Said} Said */
/** @typedef {{task: import("./types.js").Task, model: import("./types.js").Model, deeds: import("./types.js").Deeds, open: boolean}} Around */

const TIME = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

/** @param {Item} item @param {Around} around */
export function itemView(item, around) {
  switch (item.kind) {
    case "day":
      return html`<li class="day"><span>${DAY.format(item.at)}</span></li>`;
    case "fresh":
      return html`<li class="fresh"><span>New</span></li>`;
    case "note":
      return html`<li class="note"><span>${item.text}</span>${item.at === null ? nothing : html` <time>${TIME.format(item.at)}</time>`}</li>`;
    case "removed":
      return html`<li class="note"><span>A message was removed</span></li>`;
    case "message":
      return said(item, around);
  }
}

/** @param {Said} item @param {Around} around */
function said(item, around) {
  const { message, first, last } = item;
  const { kind, from, body, media } = message;
  if (kind === "system") return html`<li class="note system"><span>${body}</span></li>`;
  const editing = around.model.editing?.sid === message.sid;
  return html`
    <li class="said ${kind} ${first ? "first" : ""} ${last ? "last" : ""}">
      <span class="unseen">${kind === "agent" ? "You: " : kind === "bot" ? `${from}: ` : "Visitor: "}</span>
      ${kind === "bot" && first ? html`<p class="speaker" aria-hidden="true">${from} <span class="kind">bot</span></p>` : nothing}
      ${editing ? rewording(item, around) : words(item, around)}
      ${media ? html`<p class="bubble file">${media.filename}</p>` : nothing}
      ${last || message.edited ? html`<p class="footer"><time>${TIME.format(item.at)}</time>${message.edited ? html` · edited` : nothing}</p>` : nothing}
    </li>
  `;
}

/** @param {Said} item @param {Around} around */
function words({ message }, { task, deeds, open }) {
  if (!message.body) return nothing;
  const text = html`<p class="bubble">${pieces(message.body).map(piece)}</p>`;
  if (message.kind !== "agent" || !open) return text;
  const start = () => deeds.set({ editing: { task: task.sid, sid: message.sid } });
  return html`
    <div class="own">
      <button class="tool small" type="button" title="Edit or remove" @click=${start}>${EDIT}<span class="unseen">Edit or remove “${brief(message.body)}”</span></button>
      ${text}
    </div>
  `;
}

/** @param {{text: string, link: boolean}} piece */
function piece({ text, link }) {
  return link ? html`<a href=${text} target="_blank" rel="noopener noreferrer nofollow">${text}</a>` : text;
}

/** @param {Said} item @param {Around} around */
function rewording({ message }, { task, deeds }) {
  /** The form goes, and the focus goes on to where one types. @param {Event} event */
  const stop = (event) => {
    const chat = /** @type {HTMLElement} */ (event.currentTarget).closest(".chat");
    deeds.set({ editing: null });
    /** @type {HTMLElement | null | undefined} */ (chat?.querySelector(".composer textarea"))?.focus();
  };
  /** @param {Event} event */
  const remove = (event) => {
    deeds.withdraw(task, message);
    stop(event);
  };
  /** @param {SubmitEvent} event */
  const save = (event) => {
    event.preventDefault();
    const field = /** @type {HTMLFormElement} */ (event.target).querySelector("textarea");
    const text = field?.value.trim() ?? "";
    if (text && text !== message.body) deeds.reword(task, message, text);
    stop(event);
  };
  return html`
    <form class="rewording" @submit=${save} @keydown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && stop(event)}>
      <textarea rows="2" aria-label="The message, reworded" .defaultValue=${message.body} data-focus></textarea>
      <div class="row">
        <button class="quiet small grave" type="button" @click=${remove}>Remove</button>
        <button class="quiet small" type="button" @click=${stop}>Cancel</button>
        <button class="main small" type="submit">Save</button>
      </div>
    </form>
  `;
}

/** @param {string} text */
const brief = (text) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
