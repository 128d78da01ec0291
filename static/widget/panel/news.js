// What a screen reader says: only what came while the visitor was there, each thing once.

import { over } from "./ending.js";
import { plain } from "./text.js";
import { filled } from "../words/words.js";

const MOST = 5;

/**
 * @typedef {{key: string, of: string, said: string}} Line
 * @typedef {import("../words/words.js").Words} Words
 */

export class News {
  /** @type {Map<string, string> | null} what is there, as it would be said; null: whatever comes next is history */
  #known = null;
  /** @type {Line[]} */
  #lines = [];

  /** What is there next is history: nobody wants to hear it. */
  hush() {
    this.#known = null;
    this.#lines = [];
  }

  /** The newest lines, the last one last. @param {import("../types.js").View} view @param {Words} words */
  lines(view, words) {
    const now = new Map(view.items.map((item) => [item.key, told(item, words)]));
    if (view.phase === "ended") now.set("ended", over(view, words));
    for (const [key, said] of this.#known ? now : []) {
      if (said && said !== this.#known?.get(key)) this.#lines = [...this.#lines, { key: `${key} ${said}`, of: key, said }].slice(-MOST);
    }
    // What is gone from the chat, or was taken back, is not said any more.
    this.#lines = this.#lines.filter(({ of, said }) => now.get(of) === said);
    this.#known = view.ready ? now : null;
    return this.#lines;
  }
}

/** @param {import("../types.js").Item} item @param {Words} words @returns {string} "": nothing to say */
function told(item, words) {
  const name = plain(item.name ?? words.agent);
  if (item.kind === "system") return item.text;
  if (item.kind !== "message") return filled(words[item.kind], name).join("");
  if (item.mine) return ["failed", "refused", "held"].includes(item.state) ? `${words[item.state]}: ${item.text}` : "";
  const said = item.edited === "withdrawn" ? words.withdrawn : item.text;
  return `${item.author === "bot" && !item.name ? words.bot : name}: ${said}`;
}
