import { html } from "lit/html.js";

import { icon } from "./icons.js";

const MOST_BYTES = 32_000;

/**
 * Where the visitor writes. It is hidden, not taken away, while it is of no use: what was begun stays in it.
 * @param {import("./scene.js").Scene} scene @param {import("./scene.js").Deeds} deeds @param {boolean} asking
 */
export function composer({ view, speech: { words }, face }, deeds, asking) {
  return html`<form class="composer" part="composer" ?hidden=${asking || view.phase === "ended"} @submit=${deeds.send}>
    <textarea
      id="text"
      rows="1"
      dir="auto"
      enterkeyhint="send"
      placeholder=${words.write}
      aria-label=${words.message}
      aria-describedby="trouble"
      aria-invalid=${face.tooLong}
      @input=${deeds.typed}
      @keydown=${enterSends}
    ></textarea>
    <button class="send" part="send" aria-label=${words.send}>${icon("send")}</button>
    <p class="trouble" id="trouble" role="alert">${face.tooLong ? words.tooLong : ""}</p>
  </form>`;
}

/** Whether the server would refuse the text for its length. @param {string} text */
export function isTooLong(text) {
  return text.length * 3 > MOST_BYTES && new TextEncoder().encode(text).length > MOST_BYTES;
}

/** As high as what is in it, up to what the style sheet allows. @param {HTMLTextAreaElement} box */
export function grow(box) {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
}

/** While an input method is composing, Enter chooses a word. @param {KeyboardEvent} event */
function enterSends(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  /** @type {HTMLTextAreaElement} */ (event.target).form?.requestSubmit();
}
