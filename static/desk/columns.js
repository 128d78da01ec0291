// Which chats are open, and which of them fit side by side. No DOM.

const LEAST_PX = 300;
const MOST = 3;

/** @param {number} width of the room for chats, in pixels @returns {number} how many columns fit */
export const columnsIn = (width) => Math.min(MOST, Math.max(1, Math.floor(width / LEAST_PX)));

/**
 * @param {string[]} open in the order of their tabs @param {string} active @param {number} columns
 * @returns {string[]} those that are seen: neighbours, the active one among them
 */
export function seenOf(open, active, columns) {
  if (open.length <= columns) return open;
  const at = Math.max(0, open.indexOf(active));
  const first = Math.min(at - (at % columns), open.length - columns);
  return open.slice(first, first + columns);
}

/** @param {string[]} open @param {string} sid @returns {string} who is in hand once that chat is shut: its neighbour */
export function afterShutting(open, sid) {
  const at = open.indexOf(sid);
  return open[at + 1] ?? open[at - 1] ?? "";
}
