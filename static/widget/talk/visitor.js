// Who this browser is to the server: the token, shared by all its tabs.

import { alone, clear, read, settled, watch, write } from "./shelf.js";

const KEY = "visitor";
/** What the browser keeps of a talk, by the beginnings of its keys; not how the visitor likes to be called. */
const TALKS = [KEY, "unsent:", "read", "heard", "live"];

/**
 * @typedef {object} Kept
 * @property {string} [token]
 * @property {string} [chat] the id of the visitor's newest chat
 * @property {string} [left] the id of the ended chat that the visitor has put aside
 * @property {string} [name]
 * @property {Record<string, string>} [context] what was told of the visitor before the chat opened
 */

/** The visitor, as this tab last connected and as the browser keeps it. */
export class Visitor {
  /** @type {Kept} */
  kept = read(KEY) ?? {};
  /** @type {string | null} the token of this tab's connection: "" for nobody's, null before it has said who it is */
  #used = null;

  /**
   * @param {object} to
   * @param {() => void} to.someoneElse told when another tab became a visitor while this one is nobody yet
   * @param {() => void} to.forgotten told when another tab was asked to forget this visitor
   * @param {() => void} to.changed told when another tab has changed what is kept
   * @param {AbortSignal} signal when to stop listening
   */
  constructor({ someoneElse, forgotten, changed }, signal) {
    const hear = (/** @type {string} */ key) => {
      if (key !== KEY) return;
      const found = read(KEY);
      this.kept = found ?? {};
      if (this.#wasNobody()) someoneElse();
      else if (!found) forgotten();
      changed();
    };
    watch(hear, signal);
  }

  /** @returns {boolean} whether the server may know this visitor */
  get known() {
    return Boolean(this.kept.token);
  }

  /** @returns {string | undefined} the token to connect with, which this tab has then used */
  show() {
    // What is kept may be newer than what was heard of: a tab that sleeps hears nothing, and old tokens are refused.
    this.kept = read(KEY) ?? this.kept;
    this.#used = this.kept.token ?? "";
    return this.kept.token;
  }

  /** @param {Kept} more */
  keep(more) {
    if (more.token) this.#used = more.token;
    const before = read(KEY) ?? this.kept;
    this.kept = { ...before, ...more };
    if (JSON.stringify(this.kept) !== JSON.stringify(before)) write(KEY, this.kept);
  }

  /** The server does not know the token: keep what the visitor told of themselves only. */
  forget() {
    if (this.#used !== (this.kept.token ?? "")) return;
    this.#used = null;
    const { name, context } = this.kept;
    this.kept = { ...(name && { name }), ...(context && { context }) };
    write(KEY, this.kept);
  }

  /** Nobody has ever been here. */
  leave() {
    this.#used = null;
    this.kept = {};
    for (const key of TALKS) clear(key);
  }

  /**
   * Open a chat while no other tab does: two tabs of one new visitor must not become two.
   * @param {() => Promise<any>} ask @param {() => Promise<any>} meanwhile instead, if another tab was first
   * @returns {Promise<any>} the answer
   */
  open(ask, meanwhile) {
    return new Promise((answer, fail) => {
      const turn = async () => {
        this.kept = read(KEY) ?? this.kept;
        const asked = this.#wasNobody() ? meanwhile() : ask();
        asked.then(answer, fail);
        await asked.then(() => settled(), fail);
      };
      alone("opening", turn).catch(fail);
    });
  }

  /** Whether this tab is connected as nobody although the browser has a token. True once: it is told to connect anew. */
  #wasNobody() {
    if (this.#used !== "" || !this.kept.token) return false;
    this.#used = null;
    return true;
  }
}
