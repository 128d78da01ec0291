// Carries the outbox to the server: opens a chat where one is needed, says one text at a time, and waits when it must.

import { delay, verdict } from "./outbox.js";

/** @typedef {import("./chat.js").Chat} Chat @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./outbox.js").Unsent} Unsent @typedef {{code: string, message: string}} Refusal */

/**
 * @typedef {object} House what the sender needs to reach the server
 * @property {() => boolean} ready whether asking makes sense now
 * @property {() => boolean} known whether the server may know this visitor
 * @property {() => Promise<any>} open asks for a chat, and tells the chat of it
 * @property {(entry: Unsent) => Promise<any>} say
 * @property {() => Promise<void>} learn asks how the visitor's chat stands
 */

/** One per tab. `wake` it whenever something has changed, `hurry` it when waiting has become pointless. */
export class Sender {
  /** Whether the visitor wants another chat after one that has ended. */
  wanted = false;
  #outbox;
  #chat;
  #house;
  #changed;
  #busy = false;
  #none = false;
  #attempts = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {{outbox: Outbox, chat: Chat, house: House, changed: () => void}} parts */
  constructor({ outbox, chat, house, changed }) {
    this.#outbox = outbox;
    this.#chat = chat;
    this.#house = house;
    this.#changed = changed;
  }

  /** @returns {boolean} whether texts wait for the visitor to start a new chat */
  get held() {
    return this.#chat.over && !this.wanted;
  }

  /** @returns {boolean} whether the last attempt failed and another will follow */
  get struggling() {
    return this.#attempts > 1;
  }

  /** Try now, also if the next attempt was to come later. */
  hurry() {
    this.rest();
    return this.wake();
  }

  /** Go on, unless the next attempt is to come later. */
  async wake() {
    if (this.#busy || this.#timer !== undefined) return;
    this.#busy = true;
    try {
      for (let entry = this.#next(); entry && (await this.#step(entry)); ) entry = this.#next();
    } finally {
      this.#busy = false;
    }
  }

  /** No attempt later. */
  rest() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The server has a chat of the visitor's. */
  opened() {
    this.#none = false;
    if (this.#chat.open) this.wanted = false;
  }

  #next() {
    return this.#house.ready() && !this.held ? this.#outbox.head : undefined;
  }

  #needsChat() {
    if (this.wanted) return true;
    return this.#chat.head ? this.#chat.over : this.#none || !this.#house.known();
  }

  /** @param {Unsent} entry @returns {Promise<boolean>} whether to go on at once */
  async #step(entry) {
    const answer = await (this.#needsChat() ? this.#house.open() : this.#house.say(entry));
    const goOn = answer.ok ? this.#granted(answer, entry) : await this.#denied(answer.error, entry);
    this.#changed();
    return goOn;
  }

  /** @param {any} answer @param {Unsent} entry */
  #granted(answer, entry) {
    this.#attempts = 0;
    if (answer.seq === undefined) {
      this.opened();
    } else {
      this.#chat.stored(answer, entry);
      this.#outbox.take(entry.ask_id);
    }
    return true;
  }

  /** @param {Refusal} error @param {Unsent} entry */
  async #denied(error, entry) {
    switch (verdict(error.code)) {
      case "open":
        this.#none = true;
        this.#chat.forget();
        return this.#attempts++ < 1 || this.#later();
      case "ended":
        return this.#end();
      case "refused":
        this.#outbox.refuse(entry.ask_id, error.message);
        return true;
      default:
        return this.#later();
    }
  }

  /** The chat ended before the text came: the visitor decides whether it goes into a new one. */
  async #end() {
    if (!this.#chat.head) await this.#house.learn();
    else this.#chat.ended({ chat: this.#chat.head.id, by: this.#chat.head.ended_by });
    return this.#chat.head || this.wanted ? true : this.#later();
  }

  #later() {
    this.#timer = setTimeout(() => this.hurry(), delay(this.#attempts++));
    return false;
  }
}
