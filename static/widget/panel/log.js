import { html, nothing } from "lit/html.js";
import { repeat } from "lit/directives/repeat.js";

import { icon } from "./icons.js";
import { message } from "./message.js";
import { rows } from "./rows.js";
import { plain } from "./text.js";
import { filled } from "../words/words.js";

/**
 * What was said. Not live itself, or a screen reader would read the whole history: what is new is told by `news`.
 * @param {import("./scene.js").Scene} scene @param {import("./scene.js").Deeds} deeds
 */
export function log(scene, deeds) {
  const { view, wishes, speech, face } = scene;
  return html`<div class="middle">
    <div class="log" part="log" role="log" aria-live="off" aria-label=${speech.words.log} tabindex="0" @scroll=${deeds.scrolled}>
      ${view.ready ? html`<p class="greeting" part="greeting" dir="auto">${wishes.greeting || speech.words.greeting}</p>` : nothing}
      <ul role="list">
        ${repeat(rows(view.items, view.firstUnread), ({ key }) => key, (row) => drawn(row, scene, deeds))}
      </ul>
      ${expecting(view, speech.words)}
    </div>
    <button type="button" class="newest" ?hidden=${!face.away} aria-label=${speech.words.newest} @click=${deeds.newest}>
      ${icon("down")}
    </button>
  </div>`;
}

/** @param {import("./rows.js").Row} row @param {import("./scene.js").Scene} scene @param {import("./scene.js").Deeds} deeds */
function drawn(row, scene, deeds) {
  const { words } = scene.speech;
  switch (row.kind) {
    case "day":
      return html`<li class="day"><span>${scene.times.day(row.at, Date.now())}</span></li>`;
    case "fresh":
      return html`<li class="fresh"><span>${words.fresh}</span></li>`;
    case "note":
      return html`<li class="note"><span>${noted(row.item, words)}</span></li>`;
    case "message":
      return message(row, scene, deeds);
  }
}

/** @param {import("../types.js").Note} note @param {import("../words/words.js").Words} words */
function noted({ kind, name, text }, words) {
  if (kind === "system") return plain(text);
  const [before, who, after] = filled(words[kind], plain(name ?? words.agent));
  return html`${before}<bdi>${who}</bdi>${after}`;
}

/** @param {import("../types.js").View} view @param {import("../words/words.js").Words} words */
function expecting({ ready, phase, agent, items }, words) {
  const last = items.at(-1);
  const waits = phase === "open" && !agent && last !== undefined && !(last.kind === "message" && !last.mine);
  if (ready && !waits) return nothing;
  return html`<p class="expecting"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>${ready ? words.waiting : words.loading}</p>`;
}
