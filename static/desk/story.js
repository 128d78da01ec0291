// The wire log as a story: what belongs together stands together, under a title that says what set it off. No DOM.

import { isEnd, isWord } from "./lessons.js";

/** @typedef {import("./types.js").Line} Line @typedef {import("./types.js").Entry} Entry */
/** @typedef {{key: string, at: string, title: string, lines: Line[]}} Chapter */

const PAUSE_MS = 1500;

/** @type {(entry: Entry) => boolean} */
const opens = (entry) => entry.kind === "rest" && entry.method === "POST" && /\/(v1\/Channels|v2\/WebChats|Interactions|Conversations)$/.test(entry.path);
/** @type {(entry: Entry) => boolean} */
const joins = (entry) => entry.kind === "webhook" && /^on(Member|Participant)Added$/.test(entry.fields.EventType ?? "");
/** @type {(entry: Entry) => boolean} */
const ends = (entry) =>
  isEnd(entry) ||
  (entry.kind === "rest" && entry.method === "POST" && /\/Interactions\/\w+\/Channels\/\w+$/.test(entry.path)) ||
  (entry.kind === "webhook" && /^on(Member|Participant)Removed$/.test(entry.fields.EventType ?? ""));
/** @type {(entry: Entry) => boolean} */
const answers = (entry) => entry.kind === "webhook" && isWord(entry) && entry.fields.Source === "SDK";

/** @type {[(entry: Entry) => boolean, string][]} the first that fits any line of a chapter is its title */
const TITLES = [
  [opens, "A visitor begins a chat"],
  [ends, "The chat ends"],
  [joins, "An agent takes the chat"],
  [(entry) => entry.kind === "rest" && isWord(entry), "The visitor writes"],
  [answers, "The agent writes"],
  [isWord, "Somebody writes by REST"],
  [(entry) => entry.kind === "webhook" && /^onMessage(Updated|Removed)$/.test(entry.fields.EventType ?? ""), "A message is changed"],
  [(entry) => entry.kind === "rest" && entry.method === "GET", "The middleware looks whether it has missed anything"],
];

/** @param {Line[]} lines oldest first @returns {Chapter[]} oldest first; a pause, or another word or deed, begins a new one */
export function chapters(lines) {
  /** @type {Line[][]} */
  const heaps = [];
  for (const line of lines) {
    const heap = heaps.at(-1);
    const before = heap?.at(-1);
    if (heap && before && begun(line) - begun(before) < PAUSE_MS && !setsOff(line, heap)) heap.push(line);
    else heaps.push([line]);
  }
  return heaps.map((heap) => ({
    key: heap[0]?.key ?? "",
    at: heap[0]?.all[0]?.at ?? "",
    title: titleOf(heap.map((line) => line.entry)),
    lines: heap,
  }));
}

/** @param {Entry[]} entries @returns {string} */
const titleOf = (entries) => TITLES.find(([fits]) => entries.some(fits))?.[1] ?? "Twilio tells what happened";

/** @param {Line} line @returns {number} */
const begun = ({ all }) => Date.parse(all[0]?.at ?? "");

/** What a person does begins a chapter of its own, however quickly they do it; a visitor's first words belong to the chat's beginning.
 * @param {Line} line @param {Line[]} heap @returns {boolean} */
function setsOff({ entry }, heap) {
  if (answers(entry) || joins(entry)) return true;
  if (ends(entry)) return !heap.some((line) => ends(line.entry));
  return entry.kind === "rest" && isWord(entry) && heap.some((line) => line.entry.kind === "webhook");
}
