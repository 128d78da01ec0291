// From what is known to what is to be shown: one list, top to bottom. No DOM.

import { again } from "./outbox.js";

/** @typedef {import("./chat.js").Chat} Chat @typedef {import("./chat.js").Message} Message */
/** @typedef {import("./outbox.js").Unsent} Unsent */
/** @typedef {import("../types.js").Item} Item @typedef {import("../types.js").Note} Note */
/** @typedef {import("../types.js").Utterance} Utterance */

/** @typedef {object} Known what there is to list
 * @property {Chat} chat
 * @property {readonly Unsent[]} unsent
 * @property {boolean} held whether unsent texts wait for a new chat
 * @property {boolean} struggling whether sending takes longer than usual
 */

/** @param {Known} known @returns {Item[]} */
export function items({ chat, unsent, held, struggling }) {
  const { messages } = chat;
  const ids = new Set([...messages, ...unsent].map((one) => one.ask_id));
  const comings = comingsOf(chat);
  /** @type {Item[]} */
  const list = [];
  /** @type {Note | undefined} */
  let latest;
  for (const message of messages) {
    const before = comings.splice(0, comings.findLastIndex(({ after }) => after < message.seq) + 1).map(({ note }) => note);
    latest = before.at(-1) ?? latest;
    list.push(...before);
    const repeated = message.status === "failed" && message.ask_id && ids.has(again(message.ask_id));
    // An agent may have spoken before their name was known.
    const name = message.name ?? (latest?.kind === "joined" && message.author === "agent" ? latest.name : null);
    if (!repeated) list.push(message.author === "system" ? told(message) : spoken({ ...message, name }));
  }
  list.push(...comings.map(({ note }) => note));
  const calm = struggling ? "trying" : "sending";
  list.push(...unsent.map((entry) => waiting(entry, entry.refusal ? "refused" : held ? "held" : calm)));
  return list;
}

/** @param {Message} message @returns {string} the same for the same message, from sending to sent */
export function keyOf({ ask_id, seq }) {
  return ask_id ?? `seq-${seq}`;
}

/** @param {Message} message @returns {Utterance} */
export function spoken(message) {
  const { author, name, text, at, status, edited } = message;
  const mine = author === "visitor";
  return {
    ...{ kind: "message", key: keyOf(message), mine, name: mine ? null : name, text, at, refusal: null, edited },
    author: author === "system" ? "bot" : author,
    state: status === "sending" || status === "failed" ? status : "sent",
  };
}

/** @param {Chat} chat @returns {{after: number, note: Note}[]} */
function comingsOf({ comings, over }) {
  /** @type {{after: number, note: Note}[]} */
  const notes = comings.map(({ kind, name, after, at }, index) => ({
    after,
    note: { kind, key: `${kind}-${index}`, name, text: "", at },
  }));
  // Whoever ends a chat also leaves it; saying both would only be noise.
  while (over && notes.at(-1)?.note.kind === "left") notes.pop();
  return notes;
}

/** @param {Message} message @returns {Note} */
function told({ seq, text, at }) {
  return { kind: "system", key: `seq-${seq}`, name: null, text, at };
}

/** @param {Unsent} entry @param {import("../types.js").State} state @returns {Utterance} */
function waiting({ ask_id, text, at, refusal }, state) {
  return { kind: "message", key: ask_id, mine: true, author: "visitor", name: null, text, at, state, refusal, edited: null };
}
