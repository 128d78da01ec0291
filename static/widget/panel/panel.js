// The panel: what is seen of the chat. It shows what the talk knows, and tells it what the visitor does.

import { nothing, render } from "lit/html.js";

import { Chime, Notice, Title } from "./alerts.js";
import { grow } from "./composer.js";
import { deeds } from "./deeds.js";
import { look } from "./look.js";
import { keep, recall } from "./memory.js";
import { News } from "./news.js";
import css from "./panel.css";
import { Reading } from "./reading.js";
import { Standing } from "./standing.js";
import { plain } from "./text.js";
import { times } from "./times.js";
import { speech } from "../words/words.js";

/**
 * @typedef {import("../types.js").Talking & EventTarget} Talk
 * @typedef {import("../types.js").Wishes} Wishes
 * @typedef {import("../types.js").Utterance} Utterance
 */

const BARE = { menu: false, sure: false, busy: false, notEnded: false, tooLong: false, away: false };

export class Panel {
  #root;
  #talk;
  #wishes;
  #open;
  #close;
  #sheet = new CSSStyleSheet();
  #frame = document.createElement("div");
  #over = new AbortController();
  #news = new News();
  #reading = new Reading();
  #chime = new Chime();
  #title = new Title();
  #notice = new Notice();
  #unread = 0;
  #standing;
  #deeds;
  /** @type {import("../words/words.js").Speech | null} null until the words are here */
  #speech = null;
  #times = times("en");
  #wished = 0;
  #shown = false;
  #dirty = false;
  /** Whether the visitor has just come, and is to be led to what is unread. */
  #fresh = false;
  /** @type {import("./scene.js").Face} */
  #face = { ...BARE, introduced: false, faults: {}, sound: true, notify: recall("notify") === "on" };

  /** @param {{root: ShadowRoot, talk: Talk, wishes: Wishes, open: () => void, close: () => void}} parts the visitor opens, closes */
  constructor({ root, talk, wishes, open, close }) {
    const { signal } = this.#over;
    this.#root = root;
    this.#talk = talk;
    this.#wishes = wishes;
    this.#open = open;
    this.#close = close;
    this.#deeds = deeds(this.#hands());
    this.#sheet.replaceSync(css);
    root.adoptedStyleSheets.push(this.#sheet);
    this.#frame.className = "frame";
    this.#frame.hidden = true;
    root.append(this.#frame);
    this.#standing = new Standing({ frame: this.#frame, signal, changed: () => this.#stand() });
    talk.addEventListener("change", () => this.#later(), { signal });
    talk.addEventListener("forgotten", () => this.#forgotten(), { signal });
    talk.addEventListener("heard", (event) => this.#heard(/** @type {CustomEvent<Utterance>} */ (event).detail), { signal });
    document.addEventListener("visibilitychange", () => this.#settled(), { signal });
    addEventListener("focus", () => this.#settled(), { signal });
    this.wish(wishes);
  }

  /** What the page wants has changed. @param {Wishes} wishes */
  async wish(wishes) {
    const mine = ++this.#wished;
    const found = await speech(wishes.language, wishes.words);
    if (mine !== this.#wished || this.#over.signal.aborted) return;
    this.#wishes = wishes;
    this.#speech = found;
    this.#times = times(found.tag);
    this.#face.sound = (recall("sound") ?? (wishes.sound ? "on" : "off")) === "on";
    this.#frame.dataset.theme = wishes.theme;
    if (this.#shown && !this.#find("dialog")) this.#appear();
    else this.#paint();
  }

  show() {
    if (this.#shown) return this.#focus();
    this.#shown = true;
    if (this.#speech) this.#appear();
  }

  hide() {
    if (!this.#shown) return;
    this.#shown = false;
    this.#set(BARE);
    this.#dialog?.close();
    this.#frame.hidden = true;
    this.#settled();
  }

  /** What the system shows of the chat is nobody's business any more. */
  hush() {
    this.#notice.close();
  }

  /** Leaves nothing behind. */
  remove() {
    this.hush();
    this.hide();
    this.#over.abort();
    this.#reading.at(null);
    this.#chime.stop();
    this.#title.show(0);
    render(nothing, this.#frame);
    this.#frame.remove();
    this.#root.adoptedStyleSheets = this.#root.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
  }

  get #dialog() {
    return /** @type {HTMLDialogElement | null} */ (this.#find("dialog"));
  }

  /** @param {string} selector @returns {HTMLElement | null} */
  #find(selector) {
    return this.#frame.querySelector(selector);
  }

  /** @returns {import("./deeds.js").Hands} */
  #hands() {
    return {
      talk: this.#talk,
      face: () => this.#face,
      set: (change) => this.#set(change),
      wishes: () => this.#wishes,
      words: () => /** @type {import("../words/words.js").Speech} */ (this.#speech).words,
      find: (selector) => this.#find(selector),
      reading: this.#reading,
      settled: () => this.#settled(),
      focus: () => this.#focus(),
      close: () => this.#close(),
      closed: () => this.#shown && !this.#dialog?.open && this.#close(),
    };
  }

  /** @param {Partial<import("./scene.js").Face>} change */
  #set(change) {
    Object.assign(this.#face, change);
    this.#paint();
  }

  /** Many changes at once are painted once. */
  #later() {
    if (this.#dirty) return;
    this.#dirty = true;
    queueMicrotask(() => this.#paint());
  }

  #paint() {
    this.#dirty = false;
    if (!this.#speech || this.#over.signal.aborted) return;
    const arriving = this.#fresh && this.#talk.view.ready;
    if (arriving) this.#talk.looking(true); // from then on it knows what is unread
    this.#fresh &&= !arriving;
    const { view } = this.#talk;
    const focused = this.#root.activeElement;
    const inside = this.#frame.contains(focused);
    const news = this.#shown ? this.#news.lines(view, this.#speech.words) : [];
    const scene = { view, wishes: this.#wishes, speech: this.#speech, times: this.#times, face: this.#face, news };
    render(look(scene, this.#deeds), this.#frame);
    this.#title.show(view.unread);
    if (view.unread < this.#unread) this.hush(); // it was read, maybe in another tab
    this.#unread = view.unread;
    this.#reading.at(this.#find(".log"));
    if (arriving) this.#reading.toUnread();
    else this.#reading.settle();
    this.#settled();
    if (inside && !focused?.checkVisibility()) this.#focus(); // what had it is gone
  }

  /** Whether nobody needs to call the visitor: the newest is before their eyes. */
  get #here() {
    return this.#shown && document.hasFocus() && this.#reading.following;
  }

  /** Whether the visitor sees the newest messages, and whether there is a way to them. */
  #settled() {
    const { following } = this.#reading;
    this.#talk.looking(this.#shown && following && !document.hidden && this.#find(".log") !== null);
    if (this.#here) this.hush();
    if (this.#face.away === following) this.#set({ away: !following });
  }

  #appear() {
    this.#news.hush();
    this.#frame.hidden = false;
    this.#paint();
    this.#stand();
    this.#fresh = true;
    this.#paint();
  }

  #stand() {
    const dialog = this.#dialog;
    if (!this.#shown || !dialog) return;
    const focused = /** @type {HTMLElement | null} */ (dialog.open ? this.#root.activeElement : null);
    const box = /** @type {HTMLTextAreaElement} */ (this.#find("#text"));
    this.#standing.stand(dialog);
    box.value ||= recall("draft") ?? ""; // begun before the page changed
    grow(box);
    if (focused && dialog.contains(focused)) focused.focus();
    else this.#focus();
  }

  /** To what comes next; but on phones the keyboard does not jump up before it is asked for. */
  #focus() {
    const next = [".form [name]", "#text", ".ending .primary"].map((one) => this.#find(one));
    const target = next.find((one) => one?.checkVisibility());
    (matchMedia("(hover: none)").matches || !target ? this.#dialog : target)?.focus();
  }

  /** @param {Utterance} message */
  #heard({ author, name, text }) {
    if (!this.#speech || this.#here) return;
    const { words, tag, dir } = this.#speech;
    if (this.#face.sound) this.#chime.ring();
    const speaker = plain(name ?? words[author === "bot" ? "bot" : "agent"]);
    if (this.#face.notify) this.#notice.show(speaker, { body: plain(text), lang: tag, dir, pressed: () => this.#pressed() });
  }

  /** Nor is anything kept of what was begun. */
  #forgotten() {
    this.hush();
    keep("draft", "");
    for (const form of this.#frame.querySelectorAll("form")) form.reset();
    this.#set({ ...BARE, introduced: false, faults: {} });
  }

  /** The visitor may press a notification that is just being taken away. */
  #pressed() {
    if (!this.#over.signal.aborted) this.#open();
  }
}
