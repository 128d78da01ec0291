// What the launcher must know of what the browser keeps, before the rest is loaded.

export const LIVE = "flex-chat:live";
export const VISITOR = "flex-chat:visitor";

/** @param {string} key @returns {boolean} whether the browser keeps something under it */
export function isKept(key) {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return false; // Storage is forbidden here.
  }
}

/** Takes away what the browser keeps of the visitor, but for what they like to hear. */
export function wipe() {
  try {
    for (const shelf of [localStorage, sessionStorage]) {
      for (const key of Object.keys(shelf)) if (/^flex-chat:(?!sound|notify)/.test(key)) shelf.removeItem(key);
    }
  } catch {
    // Storage is forbidden here: nothing is kept.
  }
}
