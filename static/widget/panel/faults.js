// Whether a form is filled in well. No DOM.

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/**
 * What is wrong, by the field's name; nothing wrong: empty.
 * @param {readonly import("../types.js").Field[]} fields @param {Record<string, string>} values
 * @param {import("../words/words.js").Words} words @returns {Record<string, string>}
 */
export function faultsOf(fields, values, words) {
  const found = fields.map((field) => [field.name, faultOf(field, (values[field.name] ?? "").trim(), words)]);
  return Object.fromEntries(found.filter(([, fault]) => fault));
}

/** @param {import("../types.js").Field} field @param {string} value @param {import("../words/words.js").Words} words */
function faultOf({ type, required, pattern, hint }, value, words) {
  if (value === "") return required ? words.required : "";
  if (type === "email" && !EMAIL.test(value)) return words.email;
  return pattern && !matches(pattern, value) ? (hint ?? words.pattern) : "";
}

/** As in HTML, a pattern that is no regular expression holds nobody up. @param {string} pattern @param {string} value */
function matches(pattern, value) {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(value);
  } catch {
    return true; // SyntaxError
  }
}
