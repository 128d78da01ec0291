// Who of the visitor's tabs tells that something new was said: exactly one.

import { Mark } from "./mark.js";
import { canWait, ifAlone, settled } from "./shelf.js";
import { theirs } from "./unread.js";

/** @typedef {import("./chat.js").Chat} Chat @typedef {import("./chat.js").Message} Message */

const HELD_MS = 10_000;
const MANNERS_MS = 250;

/** The ears of one tab. */
export class Ears {
  #told;
  #tell;

  /** @param {(message: Message) => void} tell @param {AbortSignal} signal when to stop listening */
  constructor(tell, signal) {
    this.#tell = tell;
    this.#told = new Mark("heard", () => {}, signal);
  }

  /** The chat is here, without a hole. What it brought when this browser first met it is history. @param {Chat} chat */
  async hear(chat) {
    const id = chat.head?.id;
    if (!id || chat.hole) return;
    if (this.#told.at(id) === null) this.#told.move(id, chat.reach);
    if (this.#untold(chat, id).length === 0) return;
    // The tab in which the visitor is may make a sound; the others let it go first.
    if (canWait && !inUse()) await settled(MANNERS_MS);
    for (const message of this.#untold(chat, id)) {
      await once(`heard:${id}:${message.seq}`, () => {
        if (message.seq <= (this.#told.at(id) ?? 0)) return;
        this.#told.move(id, message.seq);
        this.#tell(message);
      });
    }
  }

  /** @param {Chat} chat @param {string} id */
  #untold(chat, id) {
    const told = this.#told.at(id) ?? 0;
    return chat.head?.id === id ? chat.messages.filter((message) => message.seq > told && theirs(message)) : [];
  }
}

/** Storage may be behind; so the lock is held until it is not. @param {string} name @param {() => void} work */
async function once(name, work) {
  await new Promise((done, fail) => {
    const hold = () => {
      work();
      done(undefined);
      return canWait ? settled(HELD_MS) : undefined;
    };
    ifAlone(name, hold).then(done, fail);
  });
}

function inUse() {
  return document.visibilityState === "visible" && (navigator.userActivation?.hasBeenActive ?? true);
}
