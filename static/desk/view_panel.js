// The panel at the side: calls, their story, and mischief, behind tabs.

import { html } from "lit";

import { callsView } from "./view_calls.js";
import { mischiefView } from "./view_mischief.js";
import { storyView } from "./view_story.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Deeds} Deeds @typedef {import("./types.js").Tab} Tab */

/** @type {[Tab, string][]} */
const TABS = [
  ["calls", "On the wire"],
  ["story", "Story"],
  ["mischief", "Mischief"],
];
const VIEWS = { calls: callsView, story: storyView, mischief: mischiefView };

/** @param {Model} model @param {Deeds} deeds */
export function panelView(model, deeds) {
  return html`
    <section class="panel" aria-label="Behind the scenes">
      <div class="panel-tabs" role="tablist" aria-label="Behind the scenes" @keydown=${(/** @type {KeyboardEvent} */ event) => turn(event, model, deeds)}>
        ${TABS.map(
          ([tab, title]) => html`
            <button
              type="button"
              role="tab"
              id=${`tab-${tab}`}
              aria-controls="panel-content"
              aria-selected=${model.tab === tab ? "true" : "false"}
              tabindex=${model.tab === tab ? "0" : "-1"}
              @click=${() => deeds.set({ tab })}
            >
              ${title}
            </button>
          `,
        )}
      </div>
      <div class="panel-content" id="panel-content" role="tabpanel" aria-labelledby=${`tab-${model.tab}`}>${VIEWS[model.tab](model, deeds)}</div>
    </section>
  `;
}

/** Left and right go from tab to tab, as in any row of tabs.
 * @param {KeyboardEvent} event @param {Model} model @param {Deeds} deeds */
function turn(event, { tab }, { set }) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  const at = TABS.findIndex(([one]) => one === tab);
  const next = TABS[(at + step + TABS.length) % TABS.length]?.[0] ?? tab;
  set({ tab: next });
  document.getElementById(`tab-${next}`)?.focus();
}
