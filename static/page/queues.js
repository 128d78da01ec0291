// Each tab keeps its unsent texts under a key of its own, and takes over those of tabs that are gone.

import { newId } from "./outbox.js";
import { alone, canWait, keys, read, watch, write } from "./shelf.js";

const KEY = "unsent:";
const OWN = KEY + newId();

/** @param {import("./outbox.js").Unsent[]} entries */
export function save(entries) {
  write(OWN, entries.length > 0 ? entries : null);
}

/**
 * @param {(entries: import("./outbox.js").Unsent[]) => void} adopt called with the texts of each tab that is gone, now or
 *   later
 */
export function inherit(adopt) {
  const waiting = new Set([OWN]);
  const attend = (key) => {
    if (waiting.has(key) || !read(key)) return;
    waiting.add(key);
    // A tab holds the lock of its key for life. Getting it means: nobody is there any more.
    alone(key, () => {
      adopt(read(key) ?? []);
      write(key, null);
      waiting.delete(key);
    });
  };
  alone(OWN, () => new Promise(() => {}));
  keys(KEY).forEach(attend);
  if (canWait) watch((key) => key.startsWith(KEY) && attend(key));
}
