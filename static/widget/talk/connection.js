// The way to the server: a link that is made anew whenever it breaks, asks with answers, news. No DOM.

import { Link, LOST } from "./link.js";

const NAMESPACE = "/chat";
const PATIENCE_MS = 10_000;
const PROBE_MS = 3_000;
const LOOK_MS = 2_000;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** After a no that will hardly become a yes by itself. */
const LONG_PAUSE_MS = 30_000;

/**
 * @typedef {object} To whom the connection tells what
 * @property {() => Promise<object>} auth makes the `auth` of each new connection
 * @property {(name: string, payload: any) => void} heard told all news
 * @property {(connected: boolean) => void} changed told when the connection comes and goes
 * @property {(code: string, message: string) => void} refused told that the server does not accept the `auth`
 * @property {() => void} doubt told that the line may be dead: `probe` it
 */

export class Connection {
  connected = false;
  #server;
  #to;
  #started = false;
  /** @type {Link | null} */
  #link = null;
  #heardAt = 0;
  #attempts = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #look;

  /** @param {string} server its origin @param {To} to @param {AbortSignal} gone when to stop for good */
  constructor(server, to, gone) {
    this.#server = server;
    this.#to = to;
    const wake = () => this.#wake();
    addEventListener("online", wake, { signal: gone });
    addEventListener("pageshow", (event) => event.persisted && wake(), { signal: gone });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake(), { signal: gone });
    addEventListener("offline", () => this.#broken(), { signal: gone });
    gone.addEventListener("abort", () => this.#stop());
  }

  /** Connect, and stay so. */
  start() {
    if (this.#started) return;
    this.#started = true;
    // A machine that slept tells nobody; its clock has jumped, so the silence is long.
    this.#look = setInterval(() => this.#listen(), LOOK_MS);
    this.#open();
  }

  /** Connect anew, with the `auth` of now. */
  reconnect() {
    if (!this.#started) return;
    this.#close();
    this.#open();
  }

  /**
   * @param {string} name @param {object} payload @param {number} [patience] in milliseconds
   * @returns {Promise<any>} the server's answer; `{ok: false}` with the code `lost` if none came
   */
  async ask(name, payload, patience = PATIENCE_MS) {
    return this.#link && this.connected ? this.#link.ask(name, payload, patience) : LOST;
  }

  /** An ask that must be answered soon, or else the line is taken for dead. @param {string} name @param {object} payload */
  async probe(name, payload) {
    const answer = await this.ask(name, payload, PROBE_MS);
    if (answer === LOST) this.reconnect();
    return answer;
  }

  #open() {
    const link = new Link(this.#server, NAMESPACE, {
      auth: this.#to.auth,
      alive: () => (this.#heardAt = Date.now()),
      heard: this.#to.heard,
      connected: () => {
        this.#attempts = 0;
        this.connected = true;
        this.#to.changed(true);
      },
      closed: () => this.#broken(),
      // Of too many tabs the oldest goes; when the visitor is back in it, it comes again.
      sentAway: () => this.#broken(LONG_PAUSE_MS),
      refused: (code, message) => {
        const hopeless = code === "bad_identity" || code === "bad_ask";
        this.#broken(hopeless ? LONG_PAUSE_MS : undefined);
        if (hopeless || code === "bad_token") this.#to.refused(code, message);
      },
    });
    this.#link = link;
  }

  /** Try again, a little later. @param {number} [pause] in milliseconds; if it is not told, it grows */
  #broken(pause = spread(this.#attempts++)) {
    if (!this.#started) return;
    this.#close();
    this.#pause = setTimeout(() => this.#open(), pause);
  }

  #close() {
    clearTimeout(this.#pause);
    this.#link?.close();
    this.#link = null;
    if (!this.connected) return;
    this.connected = false;
    this.#to.changed(false);
  }

  /** The visitor is back, or the machine: what was to be tried later is tried now. */
  #wake() {
    if (this.connected) this.#listen();
    else this.reconnect();
  }

  /** Whether the server is silent for longer than it can be. */
  #listen() {
    if (!this.#link || !this.connected || Date.now() - this.#heardAt < this.#link.patience) return;
    this.#heardAt = Date.now();
    this.#to.doubt();
  }

  #stop() {
    this.#started = false;
    clearInterval(this.#look);
    this.#close();
  }
}

/** @param {number} attempts so far @returns {number} milliseconds, spread so that pages do not march in step */
function spread(attempts) {
  return Math.min(PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
}
