// The rest of the widget: the talk and the panel, brought together for the element.

import { Panel } from "./panel/panel.js";
import { Talk } from "./talk/talk.js";

/** @typedef {import("./types.js").Wishes} Wishes @typedef {import("./types.js").Utterance} Utterance */
/** @typedef {import("./talk/exchange.js").Identity} Identity */

/**
 * @typedef {object} To
 * @property {(name: "opened" | "message" | "ended" | "unread" | "problem", detail: any) => void} tell events of the contract
 * @property {() => void} open the visitor opens the panel by other means than the launcher
 * @property {() => void} close the visitor closes the panel
 * @property {() => void} forgotten the visitor was forgotten in another tab
 */

export class Room {
  #talk;
  #panel;
  #to;
  #view;

  /** @param {ShadowRoot} root @param {Wishes} wishes @param {To & {identity: Identity}} to */
  constructor(root, wishes, to) {
    this.#to = to;
    this.#talk = new Talk({ server: wishes.server, identity: to.identity });
    this.#view = this.#talk.view;
    this.#listen();
    this.#panel = new Panel({ root, talk: this.#talk, wishes, open: to.open, close: to.close });
    this.#talk.start();
  }

  show() {
    this.#panel.show();
  }

  hide() {
    this.#panel.hide();
  }

  /** @param {Wishes} wishes */
  wish(wishes) {
    this.#panel.wish(wishes);
  }

  /** @param {string} text */
  say(text) {
    this.#talk.say(text);
  }

  /** @param {Record<string, string>} context */
  introduce(context) {
    this.#talk.introduce({ context });
  }

  /** @param {Identity} identity */
  identify(identity) {
    this.#talk.identify(identity);
    this.#panel.hush();
  }

  /** What the page has said of the visitor is not true any more. */
  disown() {
    this.#talk.disown();
    this.#panel.hush();
  }

  /** @returns {Promise<boolean>} whether the server knows that this browser is nobody's any more */
  forget() {
    return this.#talk.forget(this.#known());
  }

  /** @returns {Promise<boolean>} whether there was a chat, and it is over */
  async end() {
    await this.#known();
    return this.#talk.view.endable && this.#talk.end();
  }

  leave() {
    this.#panel.remove();
    this.#talk.close();
  }

  #listen() {
    const { tell } = this.#to;
    const on = (/** @type {string} */ name, /** @type {(detail: any) => void} */ hear) => {
      this.#talk.addEventListener(name, (event) => hear(/** @type {CustomEvent} */ (event).detail));
    };
    on("change", () => this.#changed());
    on("opened", () => tell("opened", null));
    on("heard", (message) => tell("message", told(message)));
    on("said", (message) => tell("message", told(message)));
    on("forgotten", (elsewhere) => elsewhere && this.#to.forgotten());
    on("problem", (problem) => tell("problem", problem));
  }

  #changed() {
    const [before, now] = [this.#view, this.#talk.view];
    this.#view = now;
    if (before.unread !== now.unread) this.#to.tell("unread", { unread: now.unread });
    if (before.phase === "open" && now.phase === "ended") this.#to.tell("ended", { by: now.endedBy });
  }

  /** Until the server has told how the chat stands, or cannot be reached. @returns {Promise<void>} */
  #known() {
    const known = () => this.#talk.view.line === "offline" || (this.#talk.view.line === "online" && this.#talk.view.ready);
    return new Promise((resolve) => {
      const look = () => {
        if (!known()) return;
        this.#talk.removeEventListener("change", look);
        resolve();
      };
      this.#talk.addEventListener("change", look);
      look();
    });
  }
}

/** @param {Utterance} message */
function told({ mine, author, name, text, at }) {
  return { mine, author, name, text, at };
}
