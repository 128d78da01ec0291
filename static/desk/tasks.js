// The tasks in words: who waits, who is being helped, who was. No DOM.

/** @typedef {import("./types.js").Task} Task @typedef {import("./types.js").Channel} Channel */
/** @typedef {"waiting" | "active" | "wrapping" | "done"} Group */

/** @type {Record<import("./types.js").Status, Group>} */
const GROUP = {
  pending: "waiting",
  reserved: "waiting",
  assigned: "active",
  wrapping: "wrapping",
  completed: "done",
  canceled: "done",
};

/** @type {[Group, string][]} */
const TITLES = [
  ["waiting", "Waiting"],
  ["active", "Yours"],
  ["wrapping", "Wrapping up"],
  ["done", "Done"],
];

/** What each status means, as TaskRouter has it. @type {Record<import("./types.js").Status, string>} */
export const STATUS = {
  pending: "In the queue, offered to nobody",
  reserved: "Offered to you",
  assigned: "Accepted",
  wrapping: "Wrapping up",
  completed: "Completed",
  canceled: "Canceled",
};

/** @param {Task} task @returns {Group} */
export const groupOf = (task) => GROUP[task.status];

/** @param {Task} task @returns {string} the visitor's name; the task's own also tells chats apart, and is long */
export const nameOf = (task) => String(task.attributes.customerName || task.name || "Visitor");

/** @param {string} name @returns {string} */
export function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return words.map((word) => [...word][0] ?? "").slice(0, 2).join("").toUpperCase();
}

/**
 * @param {Task[]} tasks
 * @returns {{group: Group, title: string, tasks: Task[]}[]} without empty ones; who waits longest first, else the newest
 */
export function groups(tasks) {
  return TITLES.map(([group, title]) => {
    const members = tasks.filter((task) => groupOf(task) === group);
    return { group, title, tasks: group === "waiting" ? members : members.reverse() };
  }).filter(({ tasks }) => tasks.length > 0);
}

/**
 * @param {Channel | undefined} channel @param {number | undefined} seen index of the newest message looked at
 * @returns {number} the index up to which the agent has seen the chat: whoever answers has read
 */
export function seenUpTo(channel, seen) {
  const answered = channel?.messages.findLast((message) => message.kind === "agent")?.index ?? -1;
  return Math.max(seen ?? -1, answered);
}

/** @param {Channel | undefined} channel @param {number | undefined} seen @returns {number} the visitor's words not looked at */
export function unread(channel, seen) {
  const from = seenUpTo(channel, seen);
  return (channel?.messages ?? []).filter((message) => message.kind === "customer" && message.index > from).length;
}

/** @param {string} since @param {number} now @returns {string} such as `0:42`, `12:05`, `3 h 20 min` */
export function waited(since, now) {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}
