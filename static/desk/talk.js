// The chat of the chosen task.

import { at, fill, followed, initials, made, tell } from "./fill.js";
import { groupOf, nameOf } from "./tasks.js";

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const STATES = {
  waiting: "Waiting for an agent",
  active: "Talking with you",
  wrapping: "Ended: complete the task to finish",
  done: "Done",
};

/** The middle of the desk. */
export class Talk {
  #chosen = "";
  #shown = 0;
  /** @type {Map<string, string>} what was begun in other chats */
  #drafts = new Map();
  #toNewest = followed(at("log"));

  /** @param {{say: (text: string) => Promise<boolean>, accept: () => void, end: () => void, complete: () => void}} deeds */
  constructor({ say, accept, end, complete }) {
    at("composer").addEventListener("submit", (event) => submit(event, say));
    at("text").addEventListener("keydown", enterSends);
    at("text").addEventListener("input", grow);
    at("accept").addEventListener("click", accept);
    at("end").addEventListener("click", end);
    at("complete").addEventListener("click", complete);
  }

  /** @param {import("./api.js").Task | undefined} task @param {import("./api.js").Channel | undefined} channel */
  show(task, channel) {
    const group = task && groupOf(task.status);
    const active = channel?.status === "ACTIVE";
    this.#change(task?.sid ?? "");
    at("no-talk").hidden = Boolean(task);
    at("talk-head").hidden = !task;
    if (task) head(task, group === "active" && !active ? "wrapping" : group);
    at("offer").hidden = group !== "waiting";
    at("end").hidden = group !== "active" || !active;
    at("complete").hidden = group !== "wrapping" && (group !== "active" || active);
    at("composer").hidden = group !== "active" || !active || !channel.agent_inside;
    this.#list(channel, group);
  }

  /** @returns {boolean} whether the agent can type now */
  focus() {
    if (at("composer").hidden) return false;
    at("text").focus();
    return true;
  }

  #change(chosen) {
    if (chosen === this.#chosen) return;
    this.#drafts.set(this.#chosen, at("text").value);
    this.#chosen = chosen;
    this.#shown = 0;
    at("text").value = this.#drafts.get(chosen) ?? "";
    at("messages").replaceChildren();
    grow();
  }

  #list(channel, group) {
    const messages = channel?.messages ?? [];
    const items = messages.map((message, index) => ({
      key: message.sid,
      ...message,
      first: message.from !== messages[index - 1]?.from,
      last: message.from !== messages[index + 1]?.from,
    }));
    const ended = channel?.status === "INACTIVE" && group !== "waiting";
    if (ended) items.push({ key: "ended", kind: "system", body: "The chat has ended" });
    fill(at("messages"), items, draw);
    if (items.length !== this.#shown) this.#toNewest(this.#shown === 0);
    this.#shown = items.length;
  }
}

function head(task, group) {
  const name = nameOf(task);
  tell(at("talk-title"), name);
  tell(at("talk-state"), STATES[group] ?? "");
  tell(at("their-avatar"), initials(name));
}

function draw(element, { kind, from, body, media, date_created, first, last }) {
  element.className = [kind, first && "first", last && "last"].filter(Boolean).join(" ");
  if (kind === "system") {
    element.replaceChildren(made("span", "", body));
    return;
  }
  const parts = [made("span", "unseen", kind === "agent" ? "You: " : `${kind === "bot" ? from : "Visitor"}: `)];
  if (kind === "bot" && first) parts.push(made("p", "speaker", from));
  if (body) parts.push(made("p", "bubble", body));
  if (media) parts.push(made("p", "bubble file", media.filename));
  parts.push(made("p", "footer", TIME.format(new Date(date_created))));
  element.replaceChildren(...parts);
}

async function submit(event, say) {
  event.preventDefault();
  const text = at("text").value.trimEnd();
  if (text.trim() === "" || !(await say(text))) return;
  at("text").value = "";
  grow();
}

function enterSends(event) {
  // While an input method is composing, Enter chooses a word.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("composer").requestSubmit();
}

function grow() {
  const text = at("text");
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
}
