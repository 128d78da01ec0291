// What the browser keeps for us between visits. It may refuse (private windows, full disk): then we forget, but work.

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

/** @param {(key: string) => void} changed called when another tab of this browser has written */
export function watch(changed) {
  window.addEventListener("storage", (event) => {
    if (event.key?.startsWith(PREFIX)) changed(event.key.slice(PREFIX.length));
  });
}

/** Whether tabs can wait for one another: locks exist on secure origins only. */
export const canWait = "locks" in navigator;

/**
 * Do the work while no other tab does work of the same name. Where tabs cannot wait the work is simply done: the server
 * stores nothing twice, so that is merely less tidy.
 * @template T @param {string} name @param {() => Promise<T> | T} work @returns {Promise<T>}
 */
export async function alone(name, work) {
  return canWait ? navigator.locks.request(PREFIX + name, work) : work();
}
