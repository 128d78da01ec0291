// A chat as a list to show: days, words, who came and went, what was taken out. No DOM.

/** @typedef {import("./types.js").Message} Message @typedef {import("./types.js").Moment} Moment */

/**
 * @typedef {{kind: "day", key: string, at: number}} Day
 * @typedef {{kind: "fresh", key: string}} Fresh stands before what the agent has not looked at
 * @typedef {{kind: "note", key: string, text: string, at: number | null}} Note
 * @typedef {{kind: "removed", key: string}} Removed
 * @typedef {{kind: "message", key: string, message: Message, at: number, first: boolean, last: boolean}} Said `first` and `last` of
 *   one author's words in a row
 * @typedef {Day | Fresh | Note | Removed | Said} Item
 */

const IN_A_ROW_MS = 5 * 60_000;

/**
 * @param {import("./types.js").Channel} channel
 * @param {{me: import("./types.js").Me, visitor: string, seen: number}} about whose eyes, whose chat, seen up to which index
 * @returns {Item[]}
 */
export function items(channel, { me, visitor, seen }) {
  const told = [...words(channel), ...notes(channel, me, visitor)];
  told.sort((a, b) => a.at - b.at || a.order - b.order);
  const list = withDays(told.map(({ item }) => item));
  const fresh = list.findIndex((item) => item.kind === "message" && item.message.kind === "customer" && item.message.index > seen);
  if (fresh > 0 && seen >= 0) list.splice(fresh, 0, { kind: "fresh", key: "fresh" });
  inRows(list);
  if (channel.status === "INACTIVE" && !channel.moments.some((moment) => moment.kind === "ended")) {
    list.push({ kind: "note", key: "ended", text: "The chat has ended", at: null });
  }
  return list;
}

/** @typedef {{at: number, order: number, item: Item}} Placed */

/** Words never change places, whatever the clock says; a hole in their indexes is one that was taken out.
 * @param {import("./types.js").Channel} channel @returns {Placed[]} */
function words(channel) {
  /** @type {Placed[]} */
  const placed = [];
  let [next, latest] = [0, 0];
  for (const message of channel.messages) {
    const at = Date.parse(message.date_created);
    latest = Math.max(latest, at);
    for (; next < message.index; next += 1) placed.push(removed(next, latest));
    placed.push({ at: latest, order: next, item: { kind: "message", key: message.sid, message, at, first: true, last: true } });
    next = message.index + 1;
  }
  for (; next < channel.next_index; next += 1) placed.push(removed(next, latest));
  return placed;
}

/** @param {number} index @param {number} at @returns {Placed} */
const removed = (index, at) => ({ at, order: index, item: { kind: "removed", key: `removed-${index}` } });

/** @param {import("./types.js").Channel} channel @param {import("./types.js").Me} me @param {string} visitor @returns {Placed[]} */
function notes(channel, me, visitor) {
  const customers = new Set(channel.messages.filter((one) => one.kind === "customer").map((one) => one.from));
  /** @param {string | null} who */
  const named = (who) => (who === me.identity ? "You" : customers.has(who ?? "") ? visitor : (who ?? "Flex"));
  return channel.moments.map((moment, order) => {
    const at = Date.parse(moment.at);
    const text = moment.kind === "ended" ? "The chat has ended" : `${named(moment.who)} ${moment.kind}`;
    return { at, order: 1e9 + order, item: { kind: "note", key: `${moment.kind}-${order}`, text, at } };
  });
}

/** @param {Item[]} list @returns {Item[]} */
function withDays(list) {
  let day = "";
  return list.flatMap((item) => {
    const at = "at" in item ? item.at : null;
    const its = at === null ? day : new Date(at).toDateString();
    if (its === day || at === null) return [item];
    day = its;
    return [{ kind: "day", key: `day-${its}`, at }, item];
  });
}

/** @param {Item[]} list marks in place who goes on speaking */
function inRows(list) {
  list.forEach((item, index) => {
    const before = list[index - 1];
    if (item.kind !== "message" || before?.kind !== "message") return;
    if (before.message.from !== item.message.from || item.at - before.at > IN_A_ROW_MS) return;
    item.first = false;
    before.last = false;
  });
}
