// The button in the corner of the page: the first thing that is there, and all that most visitors load.

import css from "./launcher.css";
import { labels } from "./launcher_words.js";

const SVG = "http://www.w3.org/2000/svg";
const TALK = "M4 5.5h16v11h-8.5L7 20.5v-4H4z";
const SHRINK = "M6 9.5l6 6 6-6";

/**
 * @typedef {object} State
 * @property {boolean} open
 * @property {boolean} busy whether the rest is being loaded
 * @property {boolean} failed whether that went wrong
 * @property {number} unread
 * @property {string} text beside the icon
 * @property {string} accent a CSS colour; "" for ours
 * @property {string} language
 * @property {Record<string, string>} words the page's own
 */

/** Draws what it is told to, and hears of the visitor. */
export class Launcher {
  #button = made("button", "launcher");
  #text = made("span", "launcher-text");
  #badge = made("span", "badge");
  #status = document.createElement("p");
  #drawing = document.createElementNS(SVG, "path");
  #sheet = new CSSStyleSheet();
  #root;

  /** @param {ShadowRoot} root @param {{near: () => void, pressed: () => void}} deeds `near`: the visitor may soon press it */
  constructor(root, { near, pressed }) {
    this.#root = root;
    const icon = document.createElementNS(SVG, "svg");
    icon.setAttribute("viewBox", "0 0 24 24");
    icon.setAttribute("aria-hidden", "true");
    icon.append(this.#drawing);
    this.#button.type = "button";
    this.#button.ariaHasPopup = "dialog";
    this.#button.append(icon, this.#text, this.#badge);
    for (const event of ["pointerenter", "focus"]) this.#button.addEventListener(event, near);
    this.#button.addEventListener("click", pressed);
    this.#sheet.replaceSync(css);
    root.adoptedStyleSheets.push(this.#sheet);
    this.#status.className = "news";
    this.#status.role = "status";
    root.append(this.#button, this.#status);
  }

  /** @param {State} state */
  show({ open, busy, failed, unread, text, accent, language, words }) {
    const say = { ...labels(language), ...words };
    const name = open ? say.closeChat : text || say.openChat;
    const button = this.#button;
    const news = unread > 0 && !open ? say.unread.replace("{n}", String(unread)) : "";
    button.ariaLabel = news ? `${name}. ${news}` : name;
    if (this.#status.textContent !== news) this.#status.textContent = news; // said by screen readers
    button.ariaExpanded = String(open);
    button.ariaBusy = String(busy);
    button.title = failed ? say.notLoaded : "";
    this.#drawing.setAttribute("d", open ? SHRINK : TALK);
    this.#text.textContent = open ? "" : text;
    this.#badge.textContent = open || unread === 0 ? "" : unread > 99 ? "99+" : String(unread);
    const rule = /** @type {CSSStyleRule} */ (this.#sheet.cssRules[0]);
    if (CSS.supports("color", accent)) rule.style.setProperty("--flex-chat-accent", accent);
    else rule.style.removeProperty("--flex-chat-accent");
  }

  focus() {
    this.#button.focus();
  }

  remove() {
    this.#button.remove();
    this.#status.remove();
    this.#root.adoptedStyleSheets = this.#root.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
  }
}

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {string} name */
function made(tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  element.setAttribute("part", name);
  return element;
}
