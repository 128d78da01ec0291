// The log as a story: two who talk with each other, an arrow for every sentence, in chapters.

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { lesson, route, why } from "./lessons.js";
import { chapters } from "./story.js";
import { channelInHand, empty, filterView } from "./view_calls.js";
import { answer } from "./view_line.js";
import { filtered } from "./wire.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Deeds} Deeds */

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** @param {Model} model @param {Deeds} deeds */
export function storyView(model, deeds) {
  const lines = filtered(model.lines, model.filter, channelInHand(model));
  return html`
    ${filterView(model, deeds)}
    <div class="entries story" tabindex="0" role="region" aria-label="What just happened, the newest last" data-follow>
      ${lines.length === 0 ? empty(model) : html`<p class="lanes" aria-hidden="true"><span>Middleware</span><span>Twilio</span></p>`}
      ${repeat(chapters(lines), ({ key }) => key, chapter)}
    </div>
  `;
}

/** @param {import("./story.js").Chapter} chapter */
function chapter({ title, at, lines }) {
  return html`
    <section class="chapter">
      <h3>${title} <time>${TIME.format(new Date(at))}</time></h3>
      <ol>${repeat(lines, ({ key }) => key, step)}</ol>
    </section>
  `;
}

/** @param {import("./types.js").Line} line */
function step({ entry, all }) {
  const reason = why(entry);
  return html`
    <li class="step ${entry.kind}">
      <p class="unseen">${entry.kind === "rest" ? "The middleware to Twilio:" : "Twilio to the middleware:"}</p>
      <p class="step-what">${lesson(entry)} ${all.length > 1 ? html`<span class="tries">${all.length}×</span>` : nothing} ${answer(entry)}</p>
      <p class="arrow"><span>${route(entry)}</span></p>
      ${reason ? html`<p class="step-why">${reason}</p>` : nothing}
    </li>
  `;
}
