// How far a chat was read, or sounded: a place that all tabs of the visitor share, and that only moves on.

import { read, watch, write } from "./shelf.js";

/** One such place, in one chat at a time. */
export class Mark {
  #key;
  /** @type {{chat: string, seq: number} | null} */
  #place = null;

  /**
   * @param {string} key
   * @param {() => void} changed told when another tab has moved it
   * @param {AbortSignal} signal when to stop listening
   */
  constructor(key, changed, signal) {
    this.#key = key;
    watch((other) => other === key && changed(), signal);
  }

  /** @param {string} chat @returns {number | null} the last `seq`; null: nowhere in this chat yet */
  at(chat) {
    const found = [this.#place, read(this.#key)].filter((place) => place?.chat === chat).map((place) => place.seq);
    return found.length > 0 ? Math.max(...found) : null;
  }

  /** @param {string} chat @param {number} seq */
  move(chat, seq) {
    if (seq <= (this.at(chat) ?? -1)) return;
    this.#place = { chat, seq };
    write(this.#key, this.#place);
  }
}
