// What the visitor can do in the panel.

import { mayNotify } from "./alerts.js";
import { grow, isTooLong } from "./composer.js";
import { faultsOf } from "./faults.js";
import { keep } from "./memory.js";
import { download } from "./transcript.js";

/**
 * @typedef {object} Hands what the deeds reach
 * @property {import("../types.js").Talking} talk
 * @property {() => import("./scene.js").Face} face
 * @property {(change: Partial<import("./scene.js").Face>) => void} set changes the face, and what is seen of it at once
 * @property {() => import("../types.js").Wishes} wishes
 * @property {() => import("../words/words.js").Words} words
 * @property {(selector: string) => HTMLElement | null} find
 * @property {import("./reading.js").Reading} reading
 * @property {() => void} settled the visitor has moved in the chat
 * @property {() => void} focus puts the focus where one goes on
 * @property {() => void} close
 * @property {() => void} closed
 */

/** @param {Hands} hands @returns {import("./scene.js").Deeds} */
export function deeds(hands) {
  return { ...ways(hands), ...choices(hands), ...ends(hands), ...writing(hands), ...asking(hands) };
}

/** Moving about. @param {Hands} hands */
function ways({ face, set, find, reading, settled, close, closed }) {
  /** @param {boolean} menu */
  const menu = (menu) => {
    set({ menu });
    if (!menu) find(".options > button")?.focus();
  };
  /** Escape leaves the innermost thing that is open. */
  const leave = () => {
    if (face().sure) back();
    else if (face().menu) menu(false);
    else close();
  };
  const back = () => {
    set({ sure: false });
    find(".options > button")?.focus();
  };
  return {
    close,
    closed,
    menu,
    /** @param {Event} event */
    elsewhere(event) {
      if (face().menu && !event.composedPath().some((one) => one === find(".options"))) set({ menu: false });
    },
    /** @param {Event} event a key, or the browser's own way back */
    escape(event) {
      if (event instanceof KeyboardEvent && (event.key !== "Escape" || event.isComposing)) return;
      event.preventDefault();
      event.stopPropagation();
      leave();
    },
    newest() {
      reading.toNewest();
      settled();
      find("#text:not([hidden] *)")?.focus();
    },
    scrolled() {
      reading.scrolled();
      settled();
    },
    /** @param {boolean} sure */
    sure(sure) {
      if (!sure) return back();
      set({ sure, menu: false, notEnded: false });
      find(".stay")?.focus();
    },
  };
}

/** What the visitor prefers. @param {Hands} hands */
function choices({ face, set, talk, words }) {
  return {
    sound() {
      set({ sound: !face().sound });
      keep("sound", face().sound ? "on" : "off");
    },
    async notify() {
      set({ notify: !face().notify && (await mayNotify()) });
      keep("notify", face().notify ? "on" : "off");
    },
    download: () => download(talk.transcript(words())),
  };
}

/** The end, and after it. @param {Hands} hands */
function ends({ talk, set, focus }) {
  return {
    async end() {
      set({ busy: true, notEnded: false });
      const ended = await talk.end();
      set({ busy: false, notEnded: !ended, sure: !ended });
      if (ended) focus();
    },
    renew() {
      talk.renew();
      set({ sure: false });
      focus();
    },
  };
}

/** Messages. @param {Hands} hands */
function writing({ talk, set, find, reading }) {
  /** @param {HTMLTextAreaElement} box */
  const kept = (box) => {
    grow(box);
    keep("draft", box.value);
    set({ tooLong: isTooLong(box.value) });
  };
  return {
    again: talk.again.bind(talk),
    discard: talk.discard.bind(talk),
    /** @param {Event} event */
    typed: (event) => kept(/** @type {HTMLTextAreaElement} */ (event.target)),
    /** @param {Event} event */
    send(event) {
      event.preventDefault();
      const box = /** @type {HTMLTextAreaElement} */ (find("#text"));
      const text = box.value.trim();
      box.focus();
      if (text === "" || isTooLong(text)) return;
      reading.toNewest();
      box.value = "";
      kept(box);
      talk.say(text);
    },
  };
}

/** The form before the chat. @param {Hands} hands */
function asking({ talk, face, set, find, wishes, words, focus }) {
  const values = () => {
    const form = /** @type {HTMLFormElement} */ (find(".form"));
    const given = new FormData(form);
    return Object.fromEntries(wishes().fields.map(({ name }) => [name, String(given.get(name) ?? "")]));
  };
  return {
    /** @param {Event} event */
    start(event) {
      event.preventDefault();
      const given = values();
      const faults = faultsOf(wishes().fields, given, words());
      set({ faults });
      if (Object.keys(faults).length > 0) return find(".form [aria-invalid=true]")?.focus();
      const { name, ...context } = Object.fromEntries(Object.entries(given).filter(([, value]) => value.trim()));
      talk.introduce({ ...(name && { name: name.trim() }), context });
      set({ introduced: true });
      focus();
    },
    /** A fault goes as soon as it is mended; a new one waits until the form is sent again. */
    corrected() {
      const left = faultsOf(wishes().fields, values(), words());
      set({ faults: Object.fromEntries(Object.entries(left).filter(([name]) => name in face().faults)) });
    },
  };
}
