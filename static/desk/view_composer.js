// Where the agent types.

import { html, nothing } from "lit";

import { REPLIES, SEND } from "./icons.js";
import { nameOf } from "./tasks.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Deeds} Deeds @typedef {import("./types.js").Task} Task */

const CANNED = [
  "Hello! How can I help you?",
  "One moment, I am looking into it.",
  "Could you tell me a little more, please?",
  "Is there anything else I can do for you?",
];

/** As whom one can speak: the agent, and two who never sit at a desk. */
const VOICES = [
  ["", "You"],
  ["Studio bot", "Bot"],
  ["system", "System"],
];

/** @param {Task} task @param {import("./types.js").Channel} channel @param {Model} model @param {Deeds} deeds */
export function composerView(task, channel, model, deeds) {
  const voice = model.voices[task.sid] ?? "";
  if (!channel.agent_inside && voice === "") return html`<p class="foot hint">You have left this chat. Complete the task.</p>`;
  const name = nameOf(task);
  const shown = model.replies === task.sid;
  return html`
    <form class="foot composer" autocomplete="off" @submit=${(/** @type {SubmitEvent} */ event) => submit(event, task, deeds)}>
      ${shown ? replies(deeds) : nothing}
      <div class="as">
        <button class="tool small" type="button" aria-expanded=${shown ? "true" : "false"} @click=${() => deeds.set({ replies: shown ? "" : task.sid })}>
          ${REPLIES}<span>Replies</span>
        </button>
        <label>
          as
          <select @change=${(/** @type {any} */ event) => deeds.set({ voices: { ...model.voices, [task.sid]: event.target.value } })}>
            ${VOICES.map(([value, title]) => html`<option value=${value} ?selected=${value === voice}>${title}</option>`)}
          </select>
        </label>
      </div>
      <textarea
        rows="1"
        aria-label=${`Your answer to ${name}`}
        placeholder=${voice ? `Say something as the ${voice === "system" ? "system" : "bot"}…` : "Answer…"}
        enterkeyhint="send"
        .defaultValue=${model.drafts[task.sid] ?? ""}
        @keydown=${enterSends}
        @input=${(/** @type {any} */ event) => deeds.draft(task, event.target.value)}
      ></textarea>
      <button class="send" type="submit">${SEND}<span class="unseen">Send to ${name}</span></button>
    </form>
  `;
}

/** @param {Deeds} deeds */
function replies({ set }) {
  /** @param {MouseEvent} event */
  const put = (event) => {
    const button = /** @type {HTMLElement} */ (event.currentTarget);
    const field = /** @type {HTMLTextAreaElement} */ (button.closest("form")?.querySelector("textarea"));
    field.value = [field.value.trim(), button.textContent?.trim()].filter(Boolean).join(" ");
    field.dispatchEvent(new Event("input"));
    field.focus();
    set({ replies: "" });
  };
  return html`<div class="replies" role="group" aria-label="Ready answers">${CANNED.map((text) => html`<button class="quiet small" type="button" @click=${put}>${text}</button>`)}</div>`;
}

/** @param {SubmitEvent} event @param {Task} task @param {Deeds} deeds */
async function submit(event, task, { say }) {
  event.preventDefault();
  const field = /** @type {HTMLTextAreaElement} */ (/** @type {HTMLElement} */ (event.target).querySelector("textarea"));
  const text = field.value.trimEnd();
  if (text.trim() === "" || !(await say(task, text))) return;
  // What was typed while this was on its way stays.
  if (field.value.trimEnd() === text) field.value = "";
  field.dispatchEvent(new Event("input"));
}

/** @param {KeyboardEvent} event */
function enterSends(event) {
  // While an input method is composing, Enter chooses a word; Safari tells so by the key's number only.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  /** @type {HTMLTextAreaElement} */ (event.target).form?.requestSubmit();
}
