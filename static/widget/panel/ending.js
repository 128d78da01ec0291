import { html } from "lit/html.js";

import { plain } from "./text.js";
import { filled } from "../words/words.js";

/** That the chat is over, and what can be done now. @param {import("./scene.js").Scene} scene @param {import("./scene.js").Deeds} deeds */
export function ending({ view, speech: { words } }, deeds) {
  return html`<section class="ending" part="ending">
    <p>${over(view, words)}</p>
    <button type="button" class="primary" part="button" @click=${deeds.renew}>${words.renew}</button>
    ${view.items.length > 0 ? html`<button type="button" class="link" @click=${deeds.download}>${words.download}</button>` : ""}
  </section>`;
}

/** Who has ended the chat, in a sentence. @param {import("../types.js").View} view @param {import("../words/words.js").Words} words */
export function over({ endedBy, items }, words) {
  if (endedBy === "visitor") return words.endedByYou;
  if (endedBy === "house") return words.notOpened;
  const name = items.findLast((item) => item.name !== null && (item.kind !== "message" || item.author === "agent"))?.name;
  return name ? filled(words.endedByAgent, plain(name)).join("") : words.ended;
}

/** Asks before the chat ends: a slip of the finger costs nothing. @param {import("./scene.js").Scene} scene @param {import("./scene.js").Deeds} deeds */
export function sure({ speech: { words }, face }, deeds) {
  return html`<div class="cover">
    <div class="sure" part="sure" role="alertdialog" aria-modal="true" aria-labelledby="sure">
      <p class="question" id="sure">${words.sure}</p>
      <p class="trouble" role="alert">${face.notEnded ? words.notEnded : ""}</p>
      <button type="button" class="quiet stay" @click=${() => deeds.sure(false)}>${words.stay}</button>
      <button type="button" class="danger" ?disabled=${face.busy} @click=${deeds.end}>${words.end}</button>
    </div>
  </div>`;
}
