// Who this browser is to the server: the token, shared by all its tabs.

import { alone, read, watch, write } from "./shelf.js";

const KEY = "visitor";

/**
 * @typedef {object} Kept
 * @property {string} [token]
 * @property {string} [chat] the id of the visitor's newest chat
 * @property {string} [left] the id of the ended chat that the visitor has put aside
 * @property {string} [name]
 */

/** The visitor, as this tab last connected and as the browser keeps it. */
export class Visitor {
  /** @type {Kept} */
  kept = read(KEY) ?? {};
  /** The token of this tab's connection: "" for nobody's, null before it has said who it is. */
  #used = null;

  /** @param {() => void} someoneElse called when another tab became a visitor while this one is nobody yet */
  constructor(someoneElse) {
    watch((key) => {
      if (key !== KEY) return;
      this.kept = read(KEY) ?? {};
      if (this.#wasNobody()) someoneElse();
    });
  }

  /** @returns {boolean} whether the server may know this visitor */
  get known() {
    return Boolean(this.kept.token);
  }

  /** @returns {string | undefined} the token to connect with, which this tab has then used */
  show() {
    this.#used = this.kept.token ?? "";
    return this.kept.token;
  }

  /** @param {Kept} more */
  keep(more) {
    if (more.token) this.#used = more.token;
    this.kept = { ...this.kept, ...more };
    write(KEY, this.kept);
  }

  /** The server does not know the token: keep the name only. */
  forget() {
    if (this.#used !== (this.kept.token ?? "")) return;
    this.#used = null;
    this.kept = this.kept.name ? { name: this.kept.name } : {};
    write(KEY, this.kept);
  }

  /**
   * Open a chat while no other tab does: two tabs of one new visitor must not become two.
   * @param {() => Promise<any>} ask @param {() => Promise<any>} meanwhile instead, if another tab was first
   */
  open(ask, meanwhile) {
    return alone("opening", async () => {
      this.kept = read(KEY) ?? this.kept;
      return this.#wasNobody() ? meanwhile() : ask();
    });
  }

  /** Whether this tab is connected as nobody although the browser has a token. True once: it is told to connect anew. */
  #wasNobody() {
    if (this.#used !== "" || !this.kept.token) return false;
    this.#used = null;
    return true;
  }
}
