// What went over the wire, kept and sorted. No DOM.

import { concerns, good, lesson, route } from "./lessons.js";

/** @typedef {import("./types.js").Entry} Entry @typedef {import("./types.js").Line} Line @typedef {import("./types.js").Filter} Filter */

const KEPT = 500;

/** The newest entries; those of one webhook, however often it was delivered, are one line. */
export class Wire {
  /** @type {Line[]} */
  #lines = [];
  /** @type {Entry[]} what came during the pause */
  #held = [];
  #newest = 0;
  #paused = false;

  get lines() {
    return this.#lines;
  }

  get paused() {
    return this.#paused;
  }

  get held() {
    return this.#held.length;
  }

  /** @param {Entry} entry the same entry may come again after a reconnection @returns {boolean} whether it is new */
  add(entry) {
    if (entry.n <= this.#newest) return false;
    this.#newest = entry.n;
    if (!this.#paused) this.#file(entry);
    else if (this.#held.push(entry) > KEPT) this.#held.shift();
    return true;
  }

  /** Stop filing, or go on with all that came meanwhile. */
  pause() {
    this.#paused = !this.#paused;
    if (this.#paused) return;
    this.#held.forEach((entry) => this.#file(entry));
    this.#held = [];
  }

  /** Forget what was filed, not how far one has come. */
  clear() {
    this.#lines = [];
    this.#held = [];
  }

  /** The simulator is another one: it counts from 1 again. */
  restart() {
    this.clear();
    this.#newest = 0;
  }

  /** @param {Entry} entry */
  #file(entry) {
    const key = entry.kind === "webhook" ? `${entry.token} ${entry.url}` : String(entry.n);
    const at = entry.kind === "webhook" ? this.#lines.findLastIndex((line) => line.key === key) : -1;
    const old = this.#lines[at];
    if (old) this.#lines = this.#lines.with(at, { key, entry, all: [...old.all, entry] });
    else this.#lines = [...this.#lines.slice(1 - KEPT), { key, entry, all: [entry] }];
  }
}

/** @param {Line[]} lines @param {Filter} filter @param {string} channel the chat in hand's, or "" @returns {Line[]} */
export function filtered(lines, { way, mine, failed, text }, channel) {
  const wanted = text.trim().toLowerCase();
  return lines.filter(
    ({ entry, all }) =>
      (way === "all" || entry.kind === way) &&
      (!mine || channel === "" || concerns(entry, channel)) &&
      (!failed || all.some((one) => !good(one) || one.fault !== null)) &&
      (wanted === "" || textOf(entry).includes(wanted)),
  );
}

/** @param {Entry} entry @returns {string} all that can be searched */
function textOf(entry) {
  const carried = entry.kind === "rest" ? [entry.path, entry.params, entry.response] : [entry.url, entry.fields];
  return `${lesson(entry)} ${route(entry)} ${entry.status ?? ""} ${entry.fault ?? ""} ${JSON.stringify(carried)}`.toLowerCase();
}

/** @param {unknown} value @returns {string} JSON within texts laid out too */
export function readable(value) {
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value; // a visitor may well begin with a bracket
  }
}
