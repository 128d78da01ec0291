// The chat panel's DOM. It shows a state and tells what the visitor does; it knows neither server nor storage.

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const STATES = {
  sending: "Sending…",
  trying: "Sending… the line is slow, we keep trying",
  held: "Not sent: the chat ended first",
  sent: "Sent",
  failed: "Not delivered",
  refused: "Not sent",
};
const SUBTITLES = {
  new: "A person answers, usually within minutes",
  open: "We are finding somebody for you",
  over: "This chat has ended",
};
const MOST_BYTES = 32_000;

/** @type {(id: string) => any} */
const at = (id) => document.getElementById(id);

/**
 * @typedef {object} State
 * @property {import("./items.js").Item[]} items
 * @property {"new" | "open" | "over"} stage
 * @property {{name: string | null} | null} agent
 * @property {string | null} waiting what the visitor waits for
 * @property {string | null} ended how the chat ended
 * @property {string | null} notice about the connection
 *
 * @typedef {object} Deeds
 * @property {(text: string, name: string) => void} say
 * @property {(ask_id: string | null, text: string) => void} sendAgain
 * @property {(ask_id: string) => string | undefined} takeBack gives the text of a refused message back
 * @property {() => void} renew
 * @property {() => void} end
 */

/** The panel; one per page. */
export class View {
  /** @type {Map<string, {element: HTMLElement, item: import("./items.js").Item | null}>} */
  #shown = new Map();
  #deeds;
  /** Whether the newest message is in sight, and is to stay so. */
  #following = true;

  /** @param {Deeds} deeds */
  constructor(deeds) {
    this.#deeds = deeds;
    at("composer").addEventListener("submit", (event) => this.#submit(event));
    at("text").addEventListener("keydown", enterSends);
    at("text").addEventListener("input", grow);
    at("starters").addEventListener("click", ({ target }) => target.matches("button") && compose(target.textContent));
    at("end").addEventListener("click", confirmEnd);
    at("sure").addEventListener("close", () => at("sure").returnValue === "end" && deeds.end());
    at("renew").addEventListener("click", () => this.#renew());
    at("newer").addEventListener("click", toNewest);
    at("log").addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // A phone's keyboard makes the panel smaller; the newest words must not hide behind it.
    new ResizeObserver(() => this.#following && toNewest()).observe(at("log"));
  }

  /** @param {State} state */
  show(state) {
    this.#head(state);
    tell("connection", state.notice);
    at("hello").hidden = state.stage !== "new" || state.items.length > 0;
    at("name-field").hidden = at("hello").hidden;
    const grown = this.#list(state.items);
    tell("waiting-text", state.waiting);
    at("waiting").hidden = !state.waiting;
    tell("over-text", state.ended);
    at("over").hidden = !state.ended;
    at("text").placeholder = state.stage === "over" ? "Write to start a new chat…" : "Write a message…";
    if (this.#following || grown?.mine) toNewest();
    else if (grown) at("newer").hidden = false;
  }

  #head({ stage, agent }) {
    const name = stage === "open" && agent ? (agent.name ?? "An agent") : null;
    tell("who", name ?? "Chat with us");
    tell("where", name ? "Spoke & Bell workshop" : SUBTITLES[stage]);
    tell("avatar", name ? initials(name) : "S&B");
    at("avatar").classList.toggle("present", Boolean(name));
    at("end").hidden = stage !== "open";
    if (stage !== "open" && at("sure").open) at("sure").close("keep");
  }

  /** Touches only what is new or changed, so that a screen reader reads nothing twice. */
  #list(items) {
    const list = at("items");
    const before = this.#shown;
    this.#shown = new Map(items.map((item) => [item.key, before.get(item.key) ?? { element: made("li"), item: null }]));
    for (const [key, { element }] of before) if (!this.#shown.has(key)) element.remove();
    items.forEach((item, index) => {
      const entry = this.#shown.get(item.key);
      if (JSON.stringify(entry.item) !== JSON.stringify(item)) draw(entry, item, this.#deeds);
      entry.item = item;
      if (list.children[index] !== entry.element) list.insertBefore(entry.element, list.children[index] ?? null);
    });
    return items.findLast((item) => item.kind === "message" && !before.has(item.key));
  }

  #submit(event) {
    event.preventDefault();
    const text = at("text").value.trimEnd();
    if (text.trim() === "") return;
    if (new TextEncoder().encode(text).length > MOST_BYTES) {
      tell("hint", "This message is too long. Please send it in parts.");
      return;
    }
    this.#deeds.say(text, at("name").value.trim());
    compose("");
  }

  #scrolled() {
    const log = at("log");
    this.#following = log.scrollHeight - log.scrollTop - log.clientHeight < 48;
    if (this.#following) at("newer").hidden = true;
  }

  #renew() {
    this.#deeds.renew();
    at("text").focus();
  }
}

function draw({ element, item: before }, item, deeds) {
  const { kind, mine, first, last, state } = item;
  element.className = [kind, mine && "mine", first && "first", last && "last", state].filter(Boolean).join(" ");
  if (item.kind !== "message") element.replaceChildren(made("span", "", item.kind === "day" ? dayOf(item.at) : item.text));
  else if (before?.text === item.text && before.first === item.first) element.lastElementChild.replaceWith(footer(item, deeds));
  else element.replaceChildren(...message(item, deeds));
}

function message(item, deeds) {
  const parts = [];
  if (item.first && !item.mine) parts.push(made("p", "speaker", item.name));
  if (item.mine) parts.push(made("span", "unseen", "You: "));
  parts.push(made("p", "bubble", item.text), footer(item, deeds));
  return parts;
}

function footer(item, deeds) {
  const time = made("time", "", TIME.format(item.at));
  time.dateTime = new Date(item.at).toISOString();
  const line = made("p", "footer");
  line.append(time);
  if (item.mine) line.append(made("span", "state", item.refusal ? `${STATES.refused}: ${item.refusal}` : STATES[item.state]));
  if (item.state === "failed") line.append(button("Send again", () => deeds.sendAgain(item.ask_id, item.text)));
  if (item.state === "refused") line.append(button("Edit", () => compose(deeds.takeBack(item.ask_id) ?? "")));
  return line;
}

function made(tag, className = "", text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function button(label, pressed) {
  const element = made("button", "link", label);
  element.type = "button";
  element.addEventListener("click", pressed);
  return element;
}

/** A live region speaks when its text changes, so it is only touched when it does. */
function tell(id, text) {
  if (at(id).textContent !== (text ?? "")) at(id).textContent = text ?? "";
}

function dayOf(when) {
  const day = new Date(when);
  return day.toDateString() === new Date().toDateString() ? "Today" : DAY.format(day);
}

function initials(name) {
  return name.split(/\s+/).map((word) => [...word][0] ?? "").slice(0, 2).join("").toUpperCase();
}

function compose(text) {
  at("text").value = text;
  tell("hint", "Enter sends, Shift + Enter starts a new line.");
  grow();
  at("text").focus();
}

function confirmEnd() {
  // Escape leaves the answer of the last time standing.
  at("sure").returnValue = "";
  at("sure").showModal();
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

function toNewest() {
  at("log").scrollTop = at("log").scrollHeight;
  at("newer").hidden = true;
}
