// The visitor's chat in this tab, as the panel shows it.

import { Ears } from "./ears.js";
import { Exchange } from "./exchange.js";
import { items, spoken } from "./items.js";
import { Mark } from "./mark.js";
import { again } from "./outbox.js";
import { write } from "./shelf.js";
import { transcript } from "./transcript.js";
import { firstOf, unseen } from "./unread.js";

/** @typedef {import("../types.js").View} View @typedef {import("../types.js").Talking} Talking */
/** @typedef {import("./exchange.js").Identity} Identity */

/**
 * Beside the events of `Talking` it fires `opened` when this tab has opened a chat, `said` (detail: Utterance) when
 * the visitor has said something in this tab, `forgotten` (detail: whether in another tab) when the visitor was forgotten, and `problem` (detail: `{code, message}`) when the page should know of one.
 * @implements {Talking}
 */
export class Talk extends EventTarget {
  /** @type {View} */
  view;
  #gone = new AbortController();
  #exchange;
  #ears;
  #read;
  #looking = false;
  /** Whether what was unread when the visitor began to look is noted. */
  #noted = false;
  /** @type {string | null} */
  #firstUnread = null;

  /** @param {{server: string, identity?: Identity}} of `server` is its origin */
  constructor({ server, identity = null }) {
    super();
    const { signal } = this.#gone;
    this.#ears = new Ears((message) => this.#fire("heard", spoken(message)), signal);
    this.#read = new Mark("read", () => this.#changed(), signal);
    const to = {
      changed: () => this.#changed(),
      opened: () => this.#fire("opened"),
      forgotten: (/** @type {boolean} */ elsewhere) => this.#forgotten(elsewhere),
      problem: (/** @type {string} */ code, /** @type {string} */ message) => this.#fire("problem", { code, message }),
    };
    this.#exchange = new Exchange({ server, identity }, to, signal);
    this.view = this.#seen();
  }

  /** Connect, and stay so. */
  start() {
    this.#exchange.start();
  }

  /** Leave nothing behind in this tab. What is not sent yet goes out from the next one. */
  close() {
    this.#gone.abort();
    this.view = Object.freeze({ ...this.view, line: "offline" });
    this.#fire("change");
  }

  /** @param {string} text */
  say(text) {
    const { chat, sender, outbox } = this.#exchange;
    if (chat.over) sender.wanted = true;
    this.#firstUnread = null;
    outbox.add(text);
    this.#exchange.act();
    const said = this.view.items.findLast((item) => item.kind === "message" && item.mine);
    this.#fire("said", said);
  }

  /** @param {string} key */
  again(key) {
    const { chat, sender, outbox } = this.#exchange;
    const failed = chat.messages.find((message) => message.ask_id === key && message.status === "failed");
    if (!failed) return;
    if (chat.over) sender.wanted = true;
    outbox.add(failed.text, again(key));
    this.#exchange.act();
  }

  /** @param {string} key */
  discard(key) {
    this.#exchange.outbox.take(key);
    this.#exchange.act();
  }

  end() {
    return this.#exchange.end();
  }

  renew() {
    this.#firstUnread = null;
    this.#exchange.renew();
  }

  /** @param {{name?: string, context?: Record<string, string>}} about */
  introduce(about) {
    this.#exchange.introduce(about);
  }

  /** @param {boolean} looking */
  looking(looking) {
    if (looking === this.#looking) return;
    this.#looking = looking;
    this.#noted = false;
    this.#changed();
  }

  /** @param {{you: string, agent: string, bot: string}} [speakers] what nameless speakers are called */
  transcript(speakers) {
    return transcript(this.view.items, speakers);
  }

  /** The page says that this is somebody else now. @param {Identity} identity */
  identify(identity) {
    this.#firstUnread = null;
    this.#exchange.identify(identity);
  }

  disown() {
    this.#exchange.disown();
  }

  /** @param {Promise<unknown>} known settled when the server can be asked @returns {Promise<boolean>} whether the server knows */
  forget(known) {
    return this.#exchange.forget(known);
  }

  /** @param {boolean} elsewhere */
  #forgotten(elsewhere) {
    this.#firstUnread = null;
    this.#fire("forgotten", elsewhere);
  }

  #changed() {
    if (this.#gone.signal.aborted) return;
    const { chat, ready } = this.#exchange;
    if (ready) this.#look();
    this.view = this.#seen();
    // The launcher of the next page fetches the rest of the widget only if there is something to go on with.
    if (ready) write("live", this.view.phase === "open" || this.view.unread > 0 || null);
    if (ready) void this.#ears.hear(chat);
    this.#fire("change");
  }

  /** What the visitor looks at is read, in all tabs. */
  #look() {
    const { head, reach } = this.#exchange.chat;
    if (!this.#looking || !head) return;
    if (!this.#noted) this.#firstUnread = firstOf(this.#unseen());
    this.#noted = true;
    this.#read.move(head.id, reach);
  }

  #unseen() {
    const { head, messages } = this.#exchange.chat;
    return head ? unseen(messages, this.#read.at(head.id) ?? 0) : [];
  }

  /** @returns {View} */
  #seen() {
    const { chat, outbox, sender, ready, line } = this.#exchange;
    const { held, struggling } = sender;
    const phase = held ? "ended" : chat.head || outbox.entries.length > 0 ? "open" : "new";
    const endable = chat.open;
    return Object.freeze({
      ...{ line, phase, endable, ready, firstUnread: this.#firstUnread, unread: this.#unseen().length },
      endedBy: phase === "ended" ? (chat.head?.ended_by ?? null) : null,
      agent: endable ? (chat.head?.agent ?? null) : null,
      items: items({ chat, unsent: outbox.entries, held, struggling }),
    });
  }

  /** @param {string} name @param {unknown} [detail] */
  #fire(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
