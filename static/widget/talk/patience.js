// How long a silence is nobody's business: a short break of the line is not told, and a chat that may come is waited for.

const BREAK_MS = 4_000;
/** The server tells of a chat at once, if there is one. */
const SOON_MS = 300;

/**
 * @typedef {object} To
 * @property {() => void} late told when the line is good, and what should have come by itself would be here by now
 * @property {() => void} trouble told once for each long break that is not the visitor's network
 * @property {() => void} over told when the patience is, whatever came of it
 */

/** With one line. */
export class Patience {
  #to;
  #good = false;
  #brokenSince = Infinity;
  #troubled = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {To} to */
  constructor(to) {
    this.#to = to;
  }

  /** @returns {import("../types.js").View["line"]} */
  get line() {
    if (this.#good) return "online";
    return navigator.onLine && Date.now() - this.#brokenSince < BREAK_MS ? "connecting" : "offline";
  }

  /** The line is so from now on. @param {boolean} good */
  begin(good) {
    this.#good = good;
    this.#brokenSince = good ? Infinity : Math.min(this.#brokenSince, Date.now());
    if (good) this.#troubled = false;
    this.rest();
    this.#timer = setTimeout(() => this.#end(), good ? SOON_MS : BREAK_MS);
  }

  /** Tell nothing later. */
  rest() {
    clearTimeout(this.#timer);
  }

  #end() {
    if (this.#good) this.#to.late();
    else if (this.line === "offline" && navigator.onLine && !this.#troubled) {
      this.#troubled = true;
      this.#to.trouble();
    }
    this.#to.over();
  }
}
