// From what is known to what is shown: one list of items, top to bottom. No DOM.

import { again } from "./outbox.js";

/**
 * @typedef {object} Item
 * @property {string} key the same for the same item, however it changes
 * @property {"day" | "note" | "message"} kind
 * @property {string} [text]
 * @property {number} [at]
 * @property {boolean} [mine]
 * @property {string | null} [name]
 * @property {boolean} [first] whether a group of one speaker's messages begins here
 * @property {boolean} [last] whether it ends here
 * @property {"sending" | "trying" | "held" | "sent" | "failed" | "refused"} [state]
 * @property {string | null} [ask_id]
 * @property {string | null} [refusal]
 */

/**
 * @param {{chat: import("./chat.js").Chat, unsent: import("./outbox.js").Unsent[], held: boolean, struggling: boolean}} known
 * @returns {Item[]}
 */
export function items({ chat, unsent, held, struggling }) {
  const ids = new Set([...chat.messages, ...unsent].map((one) => one.ask_id));
  const list = [];
  const notes = notesOf(chat);
  for (const message of chat.messages) {
    list.push(...notes.splice(0, notes.findLastIndex((note) => note.after < message.seq) + 1));
    const repeated = message.status === "failed" && message.ask_id && ids.has(again(message.ask_id));
    if (!repeated) list.push(spoken(message));
  }
  list.push(...notes);
  list.push(...unsent.map((entry) => waiting(entry, { held, struggling })));
  return grouped(withDays(list));
}

function notesOf(chat) {
  const notes = chat.notes.map((note, index) => ({
    key: `note-${index}`,
    kind: "note",
    after: note.after,
    text: `${note.name ?? "An agent"} ${note.kind === "joined" ? "joined" : "left"}`,
    left: note.kind === "left",
  }));
  // Whoever ends a chat also leaves it; saying both would only be noise.
  while (chat.over && notes.at(-1)?.left) notes.pop();
  return notes;
}

function spoken({ seq, author, name, text, at, status, ask_id }) {
  if (author === "system") return { key: `seq-${seq}`, kind: "note", text, at };
  const mine = author === "visitor";
  const shown = mine ? null : (name ?? (author === "bot" ? "Assistant" : "Agent"));
  return { key: ask_id ?? `seq-${seq}`, kind: "message", mine, name: shown, text, at, state: status, ask_id };
}

function waiting({ ask_id, text, at, refusal }, { held, struggling }) {
  const calm = struggling ? "trying" : "sending";
  const state = refusal ? "refused" : held ? "held" : calm;
  return { key: ask_id, kind: "message", mine: true, name: null, text, at, state, ask_id, refusal };
}

function withDays(list) {
  let day = "";
  return list.flatMap((item) => {
    const today = item.at ? new Date(item.at).toDateString() : day;
    if (today === day) return [item];
    day = today;
    return [{ key: `day-${day}`, kind: "day", at: item.at }, item];
  });
}

function grouped(list) {
  const speaker = (item) => (item?.kind === "message" ? `${item.mine}-${item.name}` : "");
  return list.map((item, index) => ({
    ...item,
    first: speaker(item) !== speaker(list[index - 1]),
    last: speaker(item) !== speaker(list[index + 1]),
  }));
}
