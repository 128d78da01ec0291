import { html } from "lit/html.js";

const PATHS = {
  close: "M6 6l12 12M18 6L6 18",
  shrink: "M6 9l6 6 6-6",
  menu: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  send: "M12 19V5M5.5 11.5L12 5l6.5 6.5",
  down: "M12 5v14M5.5 12.5L12 19l6.5-6.5",
  sending: "M12 7v5l3 2M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 1 0 0-17",
  sent: "M5 12.5l4.5 4.5L19 7.5",
  failed: "M12 7.5v5.5M12 16.5v.01M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 1 0 0-17",
  chat: "M4 5.5h16v11h-8.5L7 20.5v-4H4z",
};

/** A drawing beside words that say the same. @param {keyof typeof PATHS} name */
export function icon(name) {
  return html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
