// Reads what the page wants, from attributes and properties.

import { ATTRIBUTES } from "./contract.js";

/** @typedef {import("./types.js").Wishes} Wishes */

const HERE = new URL(import.meta.url).origin;

/** The name of an attribute's property. @param {string} name */
export function camel(name) {
  return name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
}

/**
 * @param {HTMLElement} element @param {ReadonlyMap<string, unknown>} given the values of `json` attributes that came as properties
 * @param {(message: string) => void} bad told of values that cannot be read
 * @returns {Wishes}
 */
export function wishes(element, given, bad) {
  const text = (/** @type {string} */ name) => element.getAttribute(name)?.trim() ?? "";
  const fields = given.get("fields") ?? json("fields", text("fields"), bad);
  const words = given.get("words") ?? json("words", text("words"), bad);
  return {
    server: origin(text("server"), bad),
    language: language(element),
    words: /** @type {Wishes["words"]} */ (words && typeof words === "object" ? words : {}),
    theme: /** @type {Wishes["theme"]} */ (choice("theme", text("theme"))),
    heading: text("heading"),
    greeting: text("greeting"),
    fields: Array.isArray(fields) ? fields : [],
    sound: element.hasAttribute("sound"),
  };
}

/** The element's, else that of what stands around it, else the browser's. @param {HTMLElement} element */
export function language(element) {
  return element.lang || /** @type {HTMLElement | null} */ (element.closest("[lang]"))?.lang || document.documentElement.lang || navigator.language;
}

/** What is not among the choices is as if it were not there. @param {string} name @param {string} value */
export function choice(name, value) {
  const choices = ATTRIBUTES.find((attribute) => attribute.name === name)?.choices ?? [];
  return choices.includes(value) ? value : (choices[0] ?? "");
}

/** @param {string} name @param {string} text @param {(message: string) => void} bad */
function json(name, text, bad) {
  try {
    return JSON.parse(text || "null");
  } catch (error) {
    bad(`The attribute ${name} is not JSON. ${error}`);
    return null;
  }
}

/** @param {string} text @param {(message: string) => void} bad */
function origin(text, bad) {
  try {
    return text ? new URL(text, location.href).origin : HERE;
  } catch {
    bad(`The attribute server is not an address: ${text}`);
    return HERE;
  }
}
