// What the browser remembers for the panel. Where a page may not store anything, it is simply forgotten.

/** Keys in the browser's storage, told in README. */
export const KEYS = { sound: "flex-chat:sound", notify: "flex-chat:notify", draft: "flex-chat:draft" };

/** @param {keyof typeof KEYS} what @returns {string | null} */
export function recall(what) {
  try {
    return shelf(what).getItem(KEYS[what]);
  } catch {
    return null; // SecurityError: storage is forbidden here
  }
}

/** @param {keyof typeof KEYS} what @param {string} value */
export function keep(what, value) {
  try {
    shelf(what).setItem(KEYS[what], value);
  } catch {
    // SecurityError or QuotaExceededError: the choice holds until the page is left
  }
}

/** A draft belongs to its tab, the rest to the visitor. @param {keyof typeof KEYS} what */
function shelf(what) {
  return what === "draft" ? sessionStorage : localStorage;
}
