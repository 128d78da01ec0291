// Keeps the chat of this tab in step with the server: what the server tells goes into the chat, what the visitor wrote goes out.

import { about, visit } from "./about.js";
import { Chat, isNews } from "./chat.js";
import { Connection } from "./connection.js";
import { Outbox } from "./outbox.js";
import { Patience } from "./patience.js";
import { Queue } from "./queue.js";
import { Sender } from "./sender.js";
import { Visitor } from "./visitor.js";

/** @typedef {import("./chat.js").Opened} Opened */
/** @typedef {string | (() => Promise<string | null> | string | null) | null} Identity the page's word on who the visitor is */

const CATCH_UP_TRIES = 5;

/**
 * @typedef {object} To
 * @property {() => void} changed told after every change
 * @property {() => void} opened told when this tab has opened a chat
 * @property {(elsewhere: boolean) => void} forgotten told when the visitor was forgotten, here or in another tab
 * @property {(code: string, message: string) => void} problem told of what the page should know
 */

/** One per tab. */
export class Exchange {
  chat = new Chat();
  visitor;
  outbox;
  sender;
  /** Whether the chat so far is here. */
  ready;
  #to;
  #identity;
  #connection;
  #inherited = false;
  #catching = false;
  /** What was told of the visitor in this tab. @type {Record<string, string>} */
  #context = {};
  #patience = new Patience({
    late: () => void (this.ready || this.#catchUp()),
    trouble: () => this.#to.problem("unreachable", "The chat's server does not answer, or does not allow this page's origin."),
    over: () => this.#to.changed(),
  });

  /** @param {{server: string, identity: Identity}} of @param {To} to @param {AbortSignal} gone when to stop for good */
  constructor({ server, identity }, to, gone) {
    this.#to = to;
    this.#identity = identity;
    const queue = new Queue(gone);
    const act = () => this.act();
    this.outbox = new Outbox((entries) => queue.save(entries));
    const someoneElse = () => this.#connection.reconnect();
    this.visitor = new Visitor({ someoneElse, forgotten: () => this.#leave(true), changed: () => this.#followed() }, gone);
    this.#connection = new Connection(server, this.#news(), gone);
    this.sender = new Sender({ outbox: this.outbox, chat: this.chat, house: this.#house(), changed: act });
    for (const name of ["online", "offline"]) addEventListener(name, act, { signal: gone });
    gone.addEventListener("abort", () => this.#rest());
    this.ready = this.#isNobody();
    void this.#inherit(queue);
  }

  get line() {
    return this.#patience.line;
  }

  /** Connect, and stay so. */
  start() {
    this.#lineIs(this.#connection.connected);
    this.#connection.start();
  }

  /** Something has changed: do what is to be done now. */
  act() {
    this.outbox.settle((ask_id) => this.chat.holds(ask_id));
    if (this.chat.hole) void this.#catchUp();
    void this.sender.wake();
    this.#to.changed();
  }

  /** @returns {Promise<boolean>} whether the chat is over */
  async end() {
    const id = this.chat.head?.id;
    const answer = await this.#ask("end", {});
    if (answer.ok && id) this.chat.ended({ chat: id, by: "visitor" });
    this.act();
    return answer.ok;
  }

  /** Put the ended chat aside, and begin a new one with the next text, or with those that came too late. */
  renew() {
    if (this.chat.head) this.visitor.keep({ left: this.chat.head.id });
    this.chat.forget();
    this.sender.wanted = true;
    this.act();
  }

  /** @param {{name?: string, context?: Record<string, string>}} about told to the agent when the chat opens */
  introduce({ name, context = {} }) {
    this.#context = { ...this.#context, ...context };
    this.visitor.keep({ ...(name && { name }), context: { ...this.visitor.kept.context, ...context } });
  }

  /** The page says that this is somebody else now. @param {Identity} identity */
  identify(identity) {
    this.#identity = identity;
    this.visitor.forget();
    this.chat.forget();
    this.ready = this.#isNobody();
    this.#connection.reconnect();
    this.act();
  }

  /**
   * The visitor is to be forgotten: nothing here leads back to the chat.
   * @param {Promise<unknown>} known settled when the server can be asked @returns {Promise<boolean>} whether the server knows
   */
  async forget(known) {
    await known;
    const answer = await this.#ask("forget", {});
    this.visitor.leave();
    this.#leave();
    return answer.ok;
  }

  /** What the page has said of the visitor is not true any more; what it says from now on is of the next one. */
  disown() {
    this.#identity = null;
    this.#context = {};
  }

  #leave(elsewhere = false) {
    this.outbox.clear();
    this.chat.forget();
    this.ready = true;
    this.#to.forgotten(elsewhere);
    this.#connection.reconnect();
    this.act();
  }

  // --- the server tells

  /** @returns {import("./connection.js").To} */
  #news() {
    return {
      auth: () => this.#auth(),
      heard: (name, news) => this.#heard(name, news),
      changed: (connected) => this.#lineIs(connected),
      refused: (code, message) => this.#refused(code, message),
      doubt: () => this.#connection.probe("resume", this.#position()).then((answer) => this.#learned(answer)),
    };
  }

  async #auth() {
    const identity = typeof this.#identity === "function" ? await this.#identity() : this.#identity;
    const token = this.visitor.show();
    return { ...(token && { token, ...(this.chat.head && this.#position()) }), ...(identity && { identity }) };
  }

  /** What we do not know is for pages that do; but a token is kept, wherever it comes. @param {string} name @param {any} news */
  #heard(name, news) {
    if (news?.token) this.visitor.keep({ token: news.token });
    if (name === "opened") this.#opened(news);
    else if (isNews(name)) this.chat[name](news);
    this.act();
  }

  /** News `opened`, and the answers to `open` and `resume`. @param {Opened} news */
  #opened(news) {
    const { chat, token, more } = news;
    this.visitor.keep({ chat: chat.id, ...(token && { token }) });
    if (chat.id === this.visitor.kept.left && chat.state === "ended") {
      this.sender.wanted = true;
      this.ready = true;
      return;
    }
    this.chat.opened(news);
    this.sender.opened();
    this.ready = !more;
    if (more) void this.#catchUp();
  }

  /** @param {string} code @param {string} message */
  #refused(code, message) {
    if (code === "bad_token") {
      this.visitor.forget();
      this.chat.forget();
    } else {
      this.#to.problem(code, message);
    }
    this.act();
  }

  /** @param {boolean} good */
  #lineIs(good) {
    this.#patience.begin(good);
    if (good) {
      this.ready ||= this.#isNobody();
      void this.sender.hurry();
    }
    this.act();
  }

  /** Who is nobody yet, to the server and to the page, has no chat that could come. */
  #isNobody() {
    return !this.visitor.known && !this.#identity;
  }

  /** Another tab has changed what is kept: it may have put the ended chat aside. */
  #followed() {
    if (this.chat.over && this.chat.head?.id === this.visitor.kept.left) this.chat.forget();
    this.act();
  }

  // --- the server is asked

  /** @returns {import("./sender.js").House} */
  #house() {
    return {
      ready: () => this.#inherited && this.#connection.connected,
      known: () => this.visitor.known,
      open: () => this.#open(),
      say: ({ ask_id, text }) => this.#ask("say", { ask_id, text }),
      learn: () => this.#catchUp(),
    };
  }

  #open() {
    const ask = async () => {
      const { name, context } = this.visitor.kept;
      const before = this.visitor.kept.chat;
      const answer = await this.#ask("open", about({ name, context: { ...visit(), ...context, ...this.#context } }));
      if (answer.ok) {
        this.#opened(answer);
        this.visitor.keep({ context: undefined });
        if (answer.chat.id !== before) this.#to.opened();
      }
      return answer;
    };
    const meanwhile = async () => {
      this.#connection.reconnect();
      return { ok: false, error: { code: "lost", message: "Another tab was first." } };
    };
    return this.visitor.open(ask, meanwhile);
  }

  #position() {
    return this.chat.head ? { chat: this.chat.head.id, after: this.chat.reach } : { after: 0 };
  }

  /** Ask for what is missing until nothing is; if it does not come, the next news or connection tries again. */
  async #catchUp() {
    if (this.#catching) return;
    this.#catching = true;
    for (let tries = 0; tries < CATCH_UP_TRIES; tries += 1) {
      const before = this.chat.reach;
      const answer = await this.#ask("resume", this.#position());
      this.#learned(answer);
      if (!answer.ok || (!answer.more && !this.chat.hole)) break;
      if (this.chat.reach > before) tries = 0;
    }
    this.#catching = false;
    this.#to.changed();
  }

  /** @param {any} answer to `resume` */
  #learned(answer) {
    if (answer.ok) this.#opened(answer);
    else if (answer.error.code === "not_open") this.ready = true;
    this.act();
  }

  /** @param {string} name @param {object} payload */
  async #ask(name, payload) {
    const answer = await this.#connection.ask(name, payload);
    if (answer.token) this.visitor.keep({ token: answer.token });
    return answer;
  }

  /** @param {Queue} queue */
  async #inherit(queue) {
    await null;
    await queue.inherit((entries) => {
      this.outbox.adopt(entries);
      this.act();
    });
    this.#inherited = true;
    this.act();
  }

  #rest() {
    this.#patience.rest();
    this.sender.rest();
  }
}
