// Which messages of the other side the visitor has not seen. No DOM.

import { keyOf } from "./items.js";

/** @typedef {import("./chat.js").Message} Message */

/**
 * The messages of the other side behind what was seen. Whoever answers has read what stands before.
 * @param {readonly Message[]} messages in order @param {number} seen the last `seq` that was seen
 */
export function unseen(messages, seen) {
  const own = messages.findLast((message) => message.author === "visitor")?.seq ?? 0;
  return messages.filter((message) => message.seq > Math.max(seen, own) && theirs(message));
}

/** Whether somebody else said this, and still says it. @param {Message} message */
export function theirs({ author, edited }) {
  return (author === "agent" || author === "bot") && edited !== "withdrawn";
}

/** @param {readonly Message[]} messages @returns {string | null} the key of the first */
export function firstOf([first]) {
  return first ? keyOf(first) : null;
}
