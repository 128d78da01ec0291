// What the desk remembers across a reload: of this window, and of this browser.

/** @typedef {import("./types.js").Model} Model */

const WINDOW = "agents-desk";
const BROWSER = "agents-desk-taste";

/** @returns {Partial<Model>} */
export const remembered = () => ({ ...read(() => localStorage, BROWSER), ...read(() => sessionStorage, WINDOW) });

/** @param {Model} model */
export function remember({ open, active, seen, drafts, tab, pane, filter, alerts, wide }) {
  write(() => sessionStorage, WINDOW, { open, active, seen, drafts, tab, pane, filter });
  write(() => localStorage, BROWSER, { alerts, wide });
}

/** @param {() => Storage} shelf @param {string} key @returns {Partial<Model>} */
function read(shelf, key) {
  try {
    return JSON.parse(shelf().getItem(key) ?? "{}");
  } catch {
    return {}; // somebody else wrote there, or the browser keeps nothing
  }
}

/** @param {() => Storage} shelf @param {string} key @param {object} value */
function write(shelf, key, value) {
  const text = JSON.stringify(value);
  try {
    if (shelf().getItem(key) !== text) shelf().setItem(key, text);
  } catch {
    // A browser that keeps nothing: the desk works, and forgets at a reload.
  }
}
