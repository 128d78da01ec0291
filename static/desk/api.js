// The desk's way to the simulator: deeds by POST, everything else by one stream of events.

/**
 * @typedef {{sid: string, index: number, from: string, kind: string, body: string, date_created: string,
 *   media: {filename: string} | null}} Message
 * @typedef {{sid: string, friendly_name: string, status: "ACTIVE" | "INACTIVE", agent_inside: boolean,
 *   messages: Message[]}} Channel
 * @typedef {{sid: string, status: string, channel_sid: string | null, name: string | null,
 *   attributes: Record<string, any>, date_created: string}} Task
 * @typedef {{agent: {identity: string, name: string}, tasks: Task[], channels: Record<string, Channel>}} State
 */

/**
 * @param {string} path below `/desk/api/` @param {object} [body]
 * @returns {Promise<void>} rejected with an `Error` whose message says what is wrong and what to do
 */
export async function post(path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`/desk/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
  if (!answer) throw new Error("The simulator does not answer. Is it still running?");
  if (answer.ok) return;
  const { error } = await answer.json().catch(() => ({}));
  throw new Error(error ?? `The simulator answered with ${answer.status}.`);
}

/**
 * @param {object} to
 * @param {(state: State) => void} to.state told the whole state, now and after every change
 * @param {(entry: object) => void} to.wire told every call and webhook, the latest ones again after a reconnection
 * @param {(connected: boolean) => void} to.changed
 */
export function follow({ state, wire, changed }) {
  const live = new EventSource("/desk/api/live");
  live.addEventListener("open", () => changed(true));
  live.addEventListener("error", () => changed(false));
  live.addEventListener("state", (event) => state(JSON.parse(event.data)));
  live.addEventListener("wire", (event) => wire(JSON.parse(event.data)));
}
