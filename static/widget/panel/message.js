import { html, nothing } from "lit/html.js";

import { initials } from "./head.js";
import { icon } from "./icons.js";
import { isEmoji, pieces, plain } from "./text.js";

/**
 * One message: who, what, when, and how far it has come.
 * @param {import("./rows.js").Said} row @param {import("./scene.js").Scene} scene @param {import("./scene.js").Deeds} deeds
 */
export function message({ item, first, last }, scene, deeds) {
  const { words } = scene.speech;
  const { mine, state, text, edited } = item;
  const name = mine ? words.you : plain(item.name ?? words[item.author === "bot" ? "bot" : "agent"]);
  const side = mine ? "mine" : "theirs";
  const gone = edited === "withdrawn";
  const kind = gone ? "gone" : isEmoji(text) ? "emoji" : "";
  return html`<li class="message ${side} ${state} ${first ? "first" : ""} ${last ? "last" : ""}">
    ${last && !mine ? html`<span class="avatar" aria-hidden="true">${initials(name)}</span>` : nothing}
    <p class=${first && !mine ? "speaker" : "unseen"}><bdi>${name}</bdi></p>
    <div class="bubble ${kind}" part="message ${side}" dir=${gone ? nothing : "auto"}>${gone ? words.withdrawn : said(text)}</div>
    ${footer(item, scene, deeds)}
  </li>`;
}

/** @param {string} text */
function said(text) {
  return pieces(text).map((piece) =>
    typeof piece === "string"
      ? piece
      : html`<a href=${piece.href} target="_blank" rel="noopener noreferrer nofollow">${piece.shown}</a>`,
  );
}

/** @param {import("../types.js").Utterance} item @param {import("./scene.js").Scene} scene @param {import("./scene.js").Deeds} deeds */
function footer({ key, mine, at, state, refusal, edited }, { speech: { words }, times }, deeds) {
  /** @param {"again" | "discard"} deed */
  const offer = (deed) => html`<button type="button" class="link" @click=${() => deeds[deed](key)}>${words[deed]}</button>`;
  const glyph = state === "sent" || state === "sending" ? state : state === "trying" ? "sending" : "failed";
  return html`<p class="footer">
    <time datetime=${new Date(at).toISOString()}>${times.time(at)}</time>
    ${edited === "reworded" ? html`<span>${words.reworded}</span>` : nothing}
    ${mine ? html`<span class="state">${icon(glyph)}<span>${words[state]}${refusal ? `: ${refusal}` : nothing}</span></span>` : nothing}
    ${state === "failed" ? offer("again") : nothing} ${state === "refused" || state === "held" ? offer("discard") : nothing}
  </p>`;
}
