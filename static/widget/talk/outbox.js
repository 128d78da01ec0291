// What the visitor has written and the server has not yet acknowledged. It leaves in order, one at a time, under an
// `ask_id` that never changes, so sending twice stores once.

/**
 * @typedef {object} Unsent
 * @property {string} ask_id
 * @property {string} text
 * @property {number} at milliseconds since the epoch; within a tab it never goes back
 * @property {string | null} refusal why the server will never take it, or null
 */

/** The queue of one tab. */
export class Outbox {
  #save;
  /** @type {readonly Unsent[]} */
  entries = [];

  /** @param {(entries: readonly Unsent[]) => void} save called with all entries after every change */
  constructor(save) {
    this.#save = save;
  }

  /** @returns {Unsent | undefined} the next to send */
  get head() {
    return this.entries.find((entry) => entry.refusal === null);
  }

  /** @param {string} text @param {string} [ask_id] */
  add(text, ask_id = newId()) {
    if (this.entries.some((entry) => entry.ask_id === ask_id)) return;
    const at = Math.max(Date.now(), this.entries.at(-1)?.at ?? 0);
    this.#become([...this.entries, { ask_id, text, at, refusal: null }]);
  }

  /** Take over the entries of a tab that is gone, in the order of their writing. @param {Unsent[]} entries */
  adopt(entries) {
    const known = new Set(this.entries.map((entry) => entry.ask_id));
    const news = entries.filter((entry) => !known.has(entry.ask_id));
    if (news.length > 0) this.#become([...news, ...this.entries].sort((a, b) => a.at - b.at));
  }

  /** Forget what is stored by now. @param {(ask_id: string) => boolean} stored */
  settle(stored) {
    const left = this.entries.filter((entry) => !stored(entry.ask_id));
    if (left.length < this.entries.length) this.#become(left);
  }

  /** @param {string} ask_id @param {string} why */
  refuse(ask_id, why) {
    this.#become(this.entries.map((entry) => (entry.ask_id === ask_id ? { ...entry, refusal: why } : entry)));
  }

  /** @param {string} ask_id */
  take(ask_id) {
    this.settle((id) => id === ask_id);
  }

  /** Let everything go. */
  clear() {
    this.#become([]);
  }

  /** @param {readonly Unsent[]} entries */
  #become(entries) {
    this.entries = entries;
    this.#save(entries);
  }
}

/** @returns {string} an id that nobody else makes (`randomUUID` would need a secure origin) */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The `ask_id` for sending a failed message once more. It follows from the old one, so that every tab, now or after a
 * reload, can tell that a failed message was sent again, and two impatient tabs send it once.
 * @param {string | null} ask_id @returns {string}
 */
export function again(ask_id) {
  const [, first, times] = /^([0-9a-f-]{1,48})(?:~(\d{1,9}))?$/.exec(ask_id ?? "") ?? [null, newId(), null];
  return `${first}~${Number(times ?? 1) + 1}`;
}

/** @param {string} code of a refused ask @returns {"open" | "ended" | "refused" | "later"} what to do with the text */
export function verdict(code) {
  if (code === "not_open") return "open";
  if (code === "chat_ended") return "ended";
  if (code === "bad_ask" || code === "unknown_ask") return "refused";
  return "later";
}

/** @param {number} attempts so far @returns {number} milliseconds until the next, spread so that pages do not march in step */
export function delay(attempts) {
  const full = Math.min(1000 * 2 ** attempts, 30_000);
  return full * (0.5 + Math.random() / 2);
}
