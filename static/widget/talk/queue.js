// Each tab keeps its unsent texts under a key of its own, and takes over those of tabs that are gone.

import { newId } from "./outbox.js";
import { alone, canWait, ifAlone, keys, read, settled, watch, write } from "./shelf.js";

/** @typedef {import("./outbox.js").Unsent} Unsent */

const KEY = "unsent:";

/** The kept texts of one tab. */
export class Queue {
  #own = KEY + newId();
  /** The keys of living tabs, whose end is waited for, and our own. */
  #attended = new Set([this.#own]);
  #gone;
  /** @type {(entries: Unsent[]) => void} */
  #adopt = () => {};

  /** @param {AbortSignal} gone when this tab takes over no more, and others may take over from it */
  constructor(gone) {
    this.#gone = gone;
  }

  /** @param {readonly Unsent[]} entries */
  save(entries) {
    write(this.#own, entries.length > 0 ? entries : null);
  }

  /**
   * @param {(entries: Unsent[]) => void} adopt called with the texts of each tab that is gone, now or later
   * @returns {Promise<void>} settled when those of all tabs that were gone before have been handed over
   */
  async inherit(adopt) {
    this.#adopt = adopt;
    // A tab holds the lock of its key for life. Getting it means: nobody is there any more.
    void alone(this.#own, () => new Promise((free) => this.#gone.addEventListener("abort", free)));
    watch((key) => this.#attend(key), this.#gone);
    const left = keys(KEY).filter((key) => key !== this.#own);
    await Promise.all(left.map((key) => ifAlone(key, () => this.#take(key))));
    if (canWait) left.forEach((key) => this.#attend(key));
  }

  /** @param {string} key */
  #attend(key) {
    if (!canWait || !key.startsWith(KEY) || this.#attended.has(key) || !read(key)) return;
    this.#attended.add(key);
    const taken = alone(key, () => settled().then(() => this.#take(key)), this.#gone);
    // It is rejected when we are gone ourselves, and that is all right.
    taken.catch(() => {}).finally(() => this.#attended.delete(key));
  }

  /** @param {string} key */
  #take(key) {
    if (this.#gone.aborted) return;
    this.#adopt(read(key) ?? []);
    write(key, null);
  }
}
