// What the browser keeps for us between visits, under keys that all begin with `flex-chat:`. It may refuse (private windows,
// full disk): then we forget, but work.

const PREFIX = "flex-chat:";

/** @param {string} key @returns {any} the value kept under this key, or null */
export function read(key) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} key @param {unknown} value null takes the key away */
export function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Nothing can be kept here; the page still has it in memory.
  }
}

/** @param {string} start @returns {string[]} the kept keys that begin so */
export function keys(start) {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX + start))
      .map((key) => key.slice(PREFIX.length));
  } catch {
    return [];
  }
}

/** @param {string} start the keys that begin so are taken away */
export function clear(start) {
  for (const key of keys(start)) write(key, null);
}

/**
 * @param {(key: string) => void} changed called when another tab of this browser has written
 * @param {AbortSignal} signal when to stop
 */
export function watch(changed, signal) {
  const hear = (/** @type {StorageEvent} */ { key }) => key?.startsWith(PREFIX) && changed(key.slice(PREFIX.length));
  addEventListener("storage", hear, { signal });
}

/** Whether tabs can wait for one another: locks exist on secure origins only, and are refused where storage is. */
export const canWait = "locks" in navigator && isGranted();

function isGranted() {
  try {
    return Boolean(localStorage);
  } catch {
    return false; // SecurityError: this visitor lets no page store anything
  }
}

/**
 * Do the work while no other tab does work of the same name. Where tabs cannot wait the work is simply done: the server
 * stores nothing twice, so that is merely less tidy.
 * @template T @param {string} name @param {() => Promise<T> | T} work
 * @param {AbortSignal} [signal] when to wait no longer: the promise is then rejected
 * @returns {Promise<T>}
 */
export async function alone(name, work, signal) {
  return canWait ? navigator.locks.request(PREFIX + name, signal ? { signal } : {}, work) : work();
}

/**
 * Do the work if no other tab does work of the same name now.
 * @param {string} name @param {() => Promise<unknown> | unknown} work
 */
export async function ifAlone(name, work) {
  if (canWait) await navigator.locks.request(PREFIX + name, { ifAvailable: true }, (lock) => lock && work());
  else await work();
}

/**
 * What a tab writes is seen by another a moment later, and locks are quicker: whoever gives a lock away waits so long.
 * @param {number} [ms]
 */
export function settled(ms = 200) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
