// The desk's way to the simulator: deeds by requests, everything else by one stream of events.

const AGAIN_MS = 3000;

/**
 * @param {string} path below `/desk/api/` @param {object} [body] @param {string} [method]
 * @returns {Promise<void>} rejected with an `Error` whose message says what is wrong and what to do
 */
export async function ask(path, body = {}, method = "POST") {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`/desk/api/${path}`, { method, headers, body: JSON.stringify(body) }).catch(() => null);
  if (!answer) throw new Error("The simulator does not answer. Is it still running?");
  if (answer.ok) return;
  const { error } = await answer.json().catch(() => ({}));
  throw new Error(error ?? `The simulator answered with ${answer.status}.`);
}

/**
 * @typedef {object} Ears
 * @property {(run: string) => void} run told first: another one after a restart, when all that was told before is gone
 * @property {(state: import("./types.js").State) => void} state told whole, now and after every change
 * @property {(mischief: import("./types.js").Mischief) => void} mischief likewise
 * @property {(entry: import("./types.js").Entry) => void} wire told every call and webhook, the latest again after a reconnection
 * @property {(connected: boolean) => void} line
 */

/** @param {Ears} ears */
export function follow(ears) {
  const live = new EventSource("/desk/api/live");
  live.addEventListener("open", () => ears.line(true));
  live.addEventListener("run", (event) => ears.run(JSON.parse(event.data).run));
  live.addEventListener("state", (event) => ears.state(JSON.parse(event.data)));
  live.addEventListener("mischief", (event) => ears.mischief(JSON.parse(event.data)));
  live.addEventListener("wire", (event) => ears.wire(JSON.parse(event.data)));
  live.addEventListener("error", () => {
    ears.line(false);
    // A browser tries again by itself, except where something else than the simulator has answered.
    if (live.readyState === EventSource.CLOSED) setTimeout(() => follow(ears), AGAIN_MS);
  });
}
