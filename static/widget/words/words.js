// What the panel says, in the visitor's language. English is always here; another language is fetched when it is needed.

import en from "./en.js";

/** @typedef {typeof en} Words */
/** @typedef {{tag: string, dir: "ltr" | "rtl", words: Words}} Speech `tag` is the language of words and dates alike */

/** @type {Record<string, () => Promise<{default: Words}>>} */
export const LANGUAGES = {
  en: async () => ({ default: en }),
  es: () => import("./es.js"),
  de: () => import("./de.js"),
  fr: () => import("./fr.js"),
  pt: () => import("./pt.js"),
  ar: () => import("./ar.js"),
  ja: () => import("./ja.js"),
};
const RIGHT_TO_LEFT = ["ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"];

/**
 * The words of the language that was asked for, with the page's own in place of ours. A language that neither we nor the
 * page know is answered in English, dates included, for half a translation helps nobody.
 * @param {string} language @param {Record<string, string>} [own] @returns {Promise<Speech>}
 */
export async function speech(language, own = {}) {
  const asked = canonical(language);
  const first = asked.split("-")[0] ?? "en";
  const ours = await fetched(first);
  const tag = ours || Object.keys(own).length > 0 ? asked : "en";
  const dir = tag === asked && RIGHT_TO_LEFT.includes(first) ? "rtl" : "ltr";
  return { tag, dir, words: { ...(ours ?? en), ...own } };
}

/** @param {string} first */
async function fetched(first) {
  try {
    return (await LANGUAGES[first]?.())?.default;
  } catch {
    return undefined; // the line was cut just now: English is better than nothing
  }
}

/** Pages write `pt_BR`, and worse. @param {string} language */
function canonical(language) {
  try {
    return Intl.getCanonicalLocales(language.replace("_", "-"))[0] ?? "en";
  } catch {
    return "en"; // RangeError: not a language tag
  }
}

/**
 * A sentence with its gap filled, in three parts: before, what fills it, after.
 * @param {string} sentence @param {string} filling @returns {[string, string, string]}
 */
export function filled(sentence, filling) {
  const [before = "", after = ""] = sentence.split("{name}");
  return [before, filling, after];
}
