// The element `<flex-chat>`: the contract with the page that hosts it. It draws the launcher; the rest is loaded on first need.

import { ATTRIBUTES } from "./contract.js";
import { isKept, LIVE, VISITOR, wipe } from "./kept.js";
import { Launcher } from "./launcher.js";
import { loadRoom } from "./load.js";
import { camel, language, wishes } from "./wishes.js";

/** @typedef {import("./room.js").Room} Room @typedef {import("./contract.js").Attribute} Attribute */
/** @typedef {import("./talk/exchange.js").Identity} Identity */

export class FlexChat extends HTMLElement {
  static observedAttributes = ATTRIBUTES.map(({ name }) => name);
  #root = this.attachShadow({ mode: "open" });
  #begin = () => this.#arrive();
  #leaving = new AbortController();
  /** @type {Map<string, unknown>} the values of `json` attributes that came as properties */
  #given = new Map();
  #wishes = wishes(this, this.#given, () => {});
  /** @type {Record<string, string>} */
  #context = {};
  /** @type {Identity} */
  #identity = null;
  /** @type {Launcher | null} null while the element is not in a page, or not the first */
  #launcher = null;
  /** @type {Room | null} */
  #room = null;
  /** @type {Promise<Room | null> | null} */
  #coming = null;
  #failed = false;
  #unread = 0;

  static {
    for (const attribute of ATTRIBUTES) if (attribute.name !== "lang") this.#offer(attribute);
  }

  connectedCallback() {
    for (const name of [...ATTRIBUTES.map((one) => camel(one.name)), "identity"]) this.#adopt(name);
    if (this.#launcher) return this.#moved();
    if (!company().includes(this.#begin)) company().push(this.#begin);
    if (company()[0] === this.#begin) this.#arrive();
  }

  disconnectedCallback() {
    // To be moved within the page is to be taken out and put in again at once.
    queueMicrotask(() => this.isConnected || this.#leave());
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    this.#given.delete(name);
    if (!this.#launcher) return;
    if (name === "open") this.#turn();
    else this.#wished(name);
  }

  // --- what the page may use

  get identity() {
    return this.#identity;
  }

  set identity(identity) {
    if (identity === this.#identity) return;
    this.#identity = identity;
    this.#room?.identify(identity);
  }

  get unread() {
    return this.#unread;
  }

  /** @returns {Promise<boolean>} */
  async show() {
    this.toggleAttribute("open", true);
    return (await this.#need()) !== null;
  }

  hide() {
    this.removeAttribute("open");
  }

  /** @param {string} text @returns {Promise<boolean>} */
  async say(text) {
    if (!String(text).trim()) return false;
    const room = await this.#need();
    room?.say(String(text));
    return room !== null;
  }

  /** @returns {Promise<boolean>} */
  async end() {
    if (!this.#room && !isKept(LIVE)) return false;
    return (await (await this.#need())?.end()) ?? false;
  }

  /** @returns {Promise<boolean>} */
  async forget() {
    this.#disown();
    const known = this.#room !== null || isKept(VISITOR);
    // What the server must be told is in its memory by then; so the page may be left at any moment.
    const room = known ? await this.#need() : null;
    wipe();
    return room ? room.forget() : !known;
  }

  /** @param {Record<string, string>} context */
  setContext(context) {
    this.#context = { ...this.#context, ...context };
    this.#room?.introduce(context);
  }

  // --- the element's own life

  /** An attribute as a property. @param {Attribute} attribute */
  static #offer({ name, kind }) {
    Object.defineProperty(this.prototype, camel(name), {
      configurable: true,
      enumerable: true,
      /** @this {FlexChat} */
      get() {
        if (kind === "flag") return this.hasAttribute(name);
        return kind === "json" ? (this.#given.get(name) ?? null) : this.getAttribute(name);
      },
      /** @this {FlexChat} @param {any} value */
      set(value) {
        if (kind === "flag") this.toggleAttribute(name, Boolean(value));
        else if (kind === "json") this.#give(name, value);
        else if (value === null || value === undefined) this.removeAttribute(name);
        else this.setAttribute(name, value);
      },
    });
  }

  /** A property that was set before the element was one. @param {string} name */
  #adopt(name) {
    if (!Object.hasOwn(this, name)) return;
    const self = /** @type {any} */ (this);
    const value = self[name];
    delete self[name];
    self[name] = value;
  }

  /** @param {string} name @param {unknown} value */
  #give(name, value) {
    this.#given.set(name, value);
    if (this.#launcher) this.#wished(name);
  }

  /** @param {string} name of what the page wants otherwise now */
  #wished(name) {
    this.#wishes = this.#wish();
    if (name === "server" && this.#room) {
      this.#dismiss();
      this.#turn();
    }
    this.#room?.wish(this.#wishes);
    this.#draw();
  }

  #wish() {
    return wishes(this, this.#given, (message) => this.#tell("problem", { code: "bad_attribute", message }));
  }

  /** What the page has said of the visitor is not true any more. */
  #disown() {
    this.#identity = null;
    this.#context = {};
    this.#room?.disown();
  }

  /** This element is the page's chat now. */
  #arrive() {
    const { signal } = (this.#leaving = new AbortController());
    const near = () => void loadRoom().catch(() => {});
    this.#launcher = new Launcher(this.#root, { near, pressed: () => this.toggleAttribute("open") });
    const lively = (/** @type {StorageEvent} */ { key, newValue }) => key === LIVE && newValue && this.#need();
    addEventListener("storage", lively, { signal });
    if (isKept(LIVE)) whenIdle(() => signal.aborted || this.#need());
    this.#wishes = this.#wish();
    this.#draw();
    this.#turn();
  }

  #moved() {
    if (!this.hasAttribute("open")) return;
    this.#room?.hide();
    this.#room?.show();
  }

  #leave() {
    const place = company().indexOf(this.#begin);
    if (place >= 0) company().splice(place, 1);
    if (!this.#launcher) return;
    this.#leaving.abort();
    this.#dismiss();
    this.#launcher.remove();
    this.#launcher = null;
    company()[0]?.();
  }

  #dismiss() {
    this.#room?.leave();
    this.#room = this.#coming = null;
    if (this.#unread > 0) this.#tell("unread", { unread: 0 });
  }

  /** What the attribute `open` says is done. */
  #turn() {
    if (this.hasAttribute("open")) {
      void this.#need().then((room) => this.hasAttribute("open") && room?.show());
    } else if (this.#room) {
      const inside = this.#root.activeElement !== null;
      this.#room.hide();
      if (inside) this.#launcher?.focus();
    }
    this.#draw();
  }

  /** The rest of the widget, loaded if it is not here yet. @returns {Promise<Room | null>} null: it could not be loaded */
  #need() {
    this.#coming ??= this.#come();
    this.#draw();
    return this.#coming;
  }

  async #come() {
    const { signal } = this.#leaving;
    try {
      const { Room } = await loadRoom();
      if (signal.aborted) return null;
      const [open, close, forgotten] = [() => void this.show(), () => this.hide(), () => this.#disown()];
      const tell = (/** @type {string} */ name, /** @type {any} */ detail) => this.#tell(name, detail);
      this.#room = new Room(this.#root, this.#wishes, { identity: this.#identity, open, close, forgotten, tell });
      this.#room.introduce(this.#context);
      this.#failed = false;
    } catch (error) {
      if (signal.aborted) return null;
      this.#coming = null;
      this.#failed = true;
      this.hide();
      this.#tell("problem", { code: "not_loaded", message: String(error) });
    }
    this.#draw();
    return this.#room;
  }

  #draw() {
    this.#launcher?.show({
      open: this.hasAttribute("open") && this.#room !== null,
      busy: this.#coming !== null && this.#room === null,
      failed: this.#failed,
      unread: this.#unread,
      text: this.getAttribute("launcher-text") ?? "",
      accent: this.getAttribute("accent") ?? "",
      language: language(this),
      words: this.#wishes.words,
    });
  }

  /** @param {string} name @param {any} detail */
  #tell(name, detail) {
    if (name === "unread") {
      this.#unread = detail.unread;
      this.#draw();
    }
    this.dispatchEvent(new CustomEvent(`flex-chat-${name}`, { detail, bubbles: true, composed: true }));
  }
}

/**
 * A page has one chat: of several elements the first is it, also if their code was loaded more than once. What each does when
 * it is its turn.
 * @returns {(() => void)[]}
 */
function company() {
  const page = /** @type {any} */ (document);
  return (page[Symbol.for("flex-chat")] ??= []);
}

/** @param {() => void} work that can wait until the page is there */
function whenIdle(work) {
  if ("requestIdleCallback" in window) requestIdleCallback(work, { timeout: 2_000 });
  else setTimeout(work, 200);
}

if (!customElements.get("flex-chat")) customElements.define("flex-chat", FlexChat);
