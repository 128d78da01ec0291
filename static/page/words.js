// The sentences that say how the chat stands. No DOM.

/** @param {import("./chat.js").Chat} chat @returns {string | null} whom the visitor waits for */
export function waiting(chat) {
  if (!chat.open || chat.head.agent || chat.messages.length === 0) return null;
  return chat.notes.length > 0 ? "Waiting for the next agent" : "Waiting for an agent";
}

/** @param {import("./chat.js").Chat} chat @param {boolean} late whether texts came too late @returns {string | null} */
export function ended(chat, late) {
  if (!chat.over) return null;
  const agent = chat.notes.findLast((note) => note.name)?.name;
  const how = {
    visitor: "You ended the chat.",
    flex: agent ? `${agent} ended the chat.` : "The chat has ended.",
    house: "The chat could not be opened. Please try again.",
  };
  const kept = late ? " What you wrote since is kept for a new one." : "";
  return (how[chat.head.ended_by] ?? "The chat has ended.") + kept;
}

/** @param {boolean} unsent whether texts wait for the connection @returns {string} */
export function reconnecting(unsent) {
  return unsent ? "Reconnecting… What you wrote is kept and will be sent." : "Reconnecting…";
}
