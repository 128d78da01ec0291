// From what there is to what stands on the screen: days between, one speaker's messages together. No DOM.

import { midnight } from "./times.js";

const PAUSE = 5 * 60_000;

/**
 * @typedef {import("../types.js").Item} Item
 * @typedef {{kind: "day", key: string, at: number}} Day
 * @typedef {{kind: "fresh", key: string}} Fresh
 * @typedef {{kind: "note", key: string, item: import("../types.js").Note}} NoteRow
 * @typedef {{kind: "message", key: string, item: import("../types.js").Utterance, first: boolean, last: boolean}} Said
 * @typedef {Day | Fresh | NoteRow | Said} Row `first`, `last`: where one speaker's turn begins and ends
 */

/** @param {readonly Item[]} items @param {string | null} firstUnread @returns {Row[]} */
export function rows(items, firstUnread) {
  /** @type {Row[]} */
  const list = [];
  let day = 0;
  for (const item of items) {
    if (item.at !== null && midnight(item.at) > day) {
      day = midnight(item.at);
      list.push({ kind: "day", key: `day ${day}`, at: item.at });
    }
    if (item.key === firstUnread) list.push({ kind: "fresh", key: "fresh" });
    if (item.kind !== "message") list.push({ kind: "note", key: item.key, item });
    else list.push({ kind: "message", key: item.key, item, first: false, last: false });
  }
  list.forEach((row, index) => {
    if (row.kind !== "message") return;
    row.first = !together(list[index - 1], row);
    row.last = !together(row, list[index + 1]);
  });
  return list;
}

/** @param {Row | undefined} one @param {Row | undefined} two */
function together(one, two) {
  if (one?.kind !== "message" || two?.kind !== "message") return false;
  const [a, b] = [one.item, two.item];
  return a.mine === b.mine && a.name === b.name && a.author === b.author && b.at - a.at < PAUSE;
}
