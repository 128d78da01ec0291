import { html, nothing } from "lit/html.js";

import { icon } from "./icons.js";
import { plain } from "./text.js";

/** Who is there, and what can be done with the chat. @param {import("./scene.js").Scene} scene @param {import("./scene.js").Deeds} deeds */
export function head({ view, wishes, speech: { words }, face }, deeds) {
  const agent = view.phase === "open" && view.agent ? plain(view.agent.name ?? words.agent) : null;
  const below = view.line === "online" ? agent && words.present : words.connecting;
  return html`<div class="head" part="head">
    <span class="avatar" aria-hidden="true">${agent ? initials(agent) : icon("chat")}</span>
    <div class="who">
      <h2><bdi>${agent ?? (wishes.heading || words.heading)}</bdi></h2>
      ${below ? html`<p class=${agent && below === words.present ? "present" : ""}>${below}</p>` : nothing}
    </div>
    <div class="options">
      <button
        type="button"
        class="tool"
        aria-label=${words.menu}
        aria-expanded=${face.menu}
        aria-controls="options"
        @click=${() => deeds.menu(!face.menu)}
      >
        ${icon("menu")}
      </button>
      ${options(view, words, face, deeds)}
    </div>
    <button type="button" class="tool" aria-label=${words.close} @click=${deeds.close}>${icon("close")}</button>
  </div>`;
}

/**
 * @param {import("../types.js").View} view @param {import("../words/words.js").Words} words
 * @param {import("./scene.js").Face} face @param {import("./scene.js").Deeds} deeds
 */
function options(view, words, face, deeds) {
  return html`<div class="menu" part="menu" id="options" ?hidden=${!face.menu}>
    <button type="button" role="switch" aria-checked=${face.sound} @click=${deeds.sound}>${words.sound}<i></i></button>
    ${"Notification" in globalThis
      ? html`<button type="button" role="switch" aria-checked=${face.notify} @click=${deeds.notify}>${words.notify}<i></i></button>`
      : nothing}
    ${view.items.length > 0 ? html`<button type="button" @click=${deeds.download}>${words.download}</button>` : nothing}
    ${view.endable
      ? html`<button type="button" class="grave" @click=${() => deeds.sure(true)}>${words.end}</button>`
      : nothing}
  </div>`;
}

/** @param {string} name */
export function initials(name) {
  const letters = name.split(/\s+/).map((word) => [...word][0] ?? "");
  return letters.slice(0, 2).join("").toLocaleUpperCase();
}
