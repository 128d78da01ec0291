// What is known of a visitor before the first word, sorted for reading. No DOM.

/** @typedef {{name: string, value: string, link: string | null}} Row */

const VISIT = ["page", "title", "referrer", "language", "timeZone"];
const SILENT = new Set(["friendlyName", "customerName", "name"]);
/** @type {Record<string, string>} */
const LABELS = { page: "Page", title: "Title", referrer: "Came from", language: "Language", timeZone: "Time zone", email: "E-mail" };

/**
 * @param {Record<string, string>} context
 * @returns {{form: Row[], visit: Row[]}} what the visitor filled in, and what the page knew
 */
export function rows(context) {
  const form = Object.keys(context).filter((name) => !VISIT.includes(name) && !SILENT.has(name));
  return { form: form.map((name) => row(name, context)), visit: VISIT.filter((name) => context[name]).map((name) => row(name, context)) };
}

/** @param {Record<string, string>} context @returns {string} the page in a few words, for the list of tasks */
export function gist(context) {
  const page = link(context.page ?? "");
  const path = page ? new URL(page).pathname : "";
  const place = context.title || (path === "/" ? new URL(page ?? "").hostname : path);
  return [place, context.language && languageOf(context.language)].filter(Boolean).join(" · ");
}

/** @param {string} name @param {Record<string, string>} context @returns {Row} */
function row(name, context) {
  const value = context[name] ?? "";
  const shown = name === "language" ? languageOf(value) : name === "timeZone" ? zoneOf(value) : value;
  return { name: LABELS[name] ?? inWords(name), value: shown, link: name === "page" || name === "referrer" ? link(value) : null };
}

/** @param {string} text @returns {string | null} the address, if it is one that is safe to follow */
export function link(text) {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text : null;
}

/** @param {string} tag @returns {string} */
function languageOf(tag) {
  try {
    return new Intl.DisplayNames(undefined, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag; // whatever a page called a language
  }
}

/** @param {string} zone @returns {string} with the visitor's time of day */
function zoneOf(zone) {
  try {
    const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(new Date());
    return `${zone} (${time} there)`;
  } catch {
    return zone; // whatever a page called a time zone
  }
}

/** @param {string} name such as `orderNumber` or `order_number` @returns {string} */
function inWords(name) {
  const words = name.replace(/[_-]+/g, " ").replace(/([a-z\d])([A-Z])/g, (_, end, start) => `${end} ${start.toLowerCase()}`).trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
