// What was said, as text that can be kept.

/** @typedef {import("../types.js").Item} Item @typedef {{you: string, agent: string, bot: string}} Speakers */

const SPEAKERS = { you: "You", agent: "Agent", bot: "Assistant" };

/**
 * A paragraph for each message that was said and not withdrawn: when, who, what.
 * @param {readonly Item[]} items @param {Speakers} [speakers] what nameless speakers are called @returns {string}
 */
export function transcript(items, speakers = SPEAKERS) {
  const said = items.filter((item) => item.kind === "message" && item.state === "sent" && item.edited !== "withdrawn");
  const paragraphs = said.map((item) => {
    const { mine, author, name, text, at } = /** @type {import("../types.js").Utterance} */ (item);
    return `${when(at)}  ${name ?? (mine ? speakers.you : author === "bot" ? speakers.bot : speakers.agent)}\n${text}\n`;
  });
  return paragraphs.join("\n");
}

/** @param {number} at @returns {string} the visitor's own time, as every language reads it: 2027-01-31 09:05 */
function when(at) {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16).replace("T", " ");
}
