// What the desk knows at first, and how it changes by what it is told. No DOM, no requests.

import { afterShutting } from "./columns.js";
import { groupOf, nameOf, unread } from "./tasks.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").State} State */

/** @param {Partial<Model>} remembered @returns {Model} */
export function first(remembered) {
  return {
    state: { agent: { identity: "", name: "", activity: "", available: true }, activities: [], tasks: [], channels: {} },
    mischief: { on: false, preset: null, rules: [], made: {} },
    wanted: null,
    connected: true,
    known: false,
    complaint: "",
    said: "",
    now: Date.now(),
    open: [],
    active: "",
    columns: 1,
    seen: {},
    drafts: {},
    told: [],
    replies: "",
    voices: {},
    editing: null,
    alerts: false,
    tab: "calls",
    pane: "tasks",
    wide: true,
    filter: { way: "all", mine: false, failed: false, text: "" },
    lines: [],
    held: 0,
    paused: false,
    unfolded: [],
    copied: "",
    ...remembered,
  };
}

/** The state is another one: what it no longer knows is shut; a desk that has nothing open begins with what was accepted.
 * @param {Model} model @param {State} state @returns {Partial<Model>} */
export function told(model, state) {
  const stays = model.open.filter((sid) => state.tasks.some((task) => task.sid === sid));
  const mine = state.tasks.filter((task) => groupOf(task) === "active").map((task) => task.sid);
  const open = model.known || stays.length > 0 ? stays : mine;
  const active = open.includes(model.active) ? model.active : afterShutting([...model.open, ...open], model.active);
  return { state, known: true, open, active: open.includes(active) ? active : (open.at(-1) ?? ""), said: news(model, state) };
}

/** @param {Model} model @param {string} sid @returns {Partial<Model>} the chat is open, and in hand */
export function opened({ open }, sid) {
  return { open: open.includes(sid) ? open : [...open, sid], active: sid, pane: "chats", complaint: "" };
}

/** @param {Model} model @param {string} sid @returns {Partial<Model>} */
export function shut({ open, active }, sid) {
  return { open: open.filter((one) => one !== sid), active: active === sid ? afterShutting(open, sid) : active };
}

/** @param {Model} model @returns {Record<string, number>} what was looked at, now that the chat in hand is */
export function looked({ state, active, seen }) {
  const task = state.tasks.find((one) => one.sid === active);
  const newest = state.channels[task?.channel_sid ?? ""]?.messages.at(-1)?.index;
  return newest === undefined || (seen[active] ?? -1) >= newest ? seen : { ...seen, [active]: newest };
}

/** @param {Model} model @param {State} state @returns {import("./types.js").Task[]} the tasks that have come since */
export function arrived(model, state) {
  if (!model.known) return [];
  const before = new Set(model.state.tasks.map((task) => task.sid));
  return state.tasks.filter((task) => groupOf(task) === "waiting" && !before.has(task.sid));
}

/** For a screen reader, one sentence at most: a new task, or a word in a chat that is not in hand.
 * @param {Model} model @param {State} state @returns {string} */
function news(model, state) {
  const task = arrived(model, state).at(-1);
  if (task) return `New task: ${nameOf(task)}`;
  const spoken = model.open.find((sid) => sid !== model.active && wordsIn(state, model, sid) > wordsIn(model.state, model, sid));
  const chat = state.tasks.find((one) => one.sid === spoken);
  return chat ? `New message from ${nameOf(chat)}` : model.said;
}

/** @param {State} state @param {Model} model @param {string} sid */
function wordsIn(state, { seen }, sid) {
  const task = state.tasks.find((one) => one.sid === sid);
  return unread(state.channels[task?.channel_sid ?? ""], seen[sid]);
}
