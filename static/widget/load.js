// Fetches the rest of the widget.

/** @typedef {typeof import("./room.js")} Rest */

/** @type {Promise<Rest> | null} */
let coming = null;
let attempts = 0;

/** Once it is here it is here for all; until then every call tries anew. @returns {Promise<Rest>} rejected if it did not come */
export function loadRoom() {
  coming ??= fetched().catch((error) => {
    coming = null;
    throw error;
  });
  return coming;
}

/** A file that failed is not asked for again by every browser, and after an update the one we know may be gone. */
async function fetched() {
  try {
    if (attempts === 0) return await import(new URL(`widget/${ROOM}`, import.meta.url).href);
  } catch {
    // The second way is below.
  }
  attempts += 1;
  return import(new URL(`widget/room.js?${attempts}`, import.meta.url).href);
}
