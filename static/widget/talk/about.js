// What is told to the agent of the visitor and of this visit, cut to what the server takes.

const LONGEST = 1000;
const LONGEST_NAME = 100;
const MOST_BYTES = 7_500;

/** @typedef {Record<string, string>} Context */

/** What the browser knows of this visit; nothing of it names the visitor. @returns {Context} */
export function visit() {
  return {
    page: location.href,
    title: document.title,
    referrer: document.referrer,
    language: navigator.language,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

/**
 * The payload of `open`. What does not fit is cut or left out, what stands first in `context` last of all: that a chat
 * opens matters more.
 * @param {{name?: string | undefined, context: Context}} known @returns {{name?: string, context: Context}}
 */
export function about({ name, context }) {
  const short = [...(name?.trim() ?? "")].slice(0, LONGEST_NAME).join("");
  /** @type {Context} */
  const kept = {};
  for (const [key, value] of Object.entries(context)) {
    const told = [...String(value ?? "")].slice(0, LONGEST).join("");
    if (told && bytes({ ...kept, [key]: told }) <= MOST_BYTES) kept[key] = told;
  }
  return { ...(short && { name: short }), context: kept };
}

/** As the server counts: JSON in ASCII. @param {Context} context */
function bytes(context) {
  return JSON.stringify(context).replace(/[^\0-\x7f]/g, "\\u0000").length;
}
