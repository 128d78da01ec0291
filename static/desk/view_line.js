// One line of the log: a call, or a webhook with all its tries; unfolded, everything that went over the wire.

import { html, nothing } from "lit";

import { concerns, good, lesson, route, why } from "./lessons.js";
import { faultName } from "./mischief.js";
import { readable } from "./wire.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Deeds} Deeds */
/** @typedef {import("./types.js").Entry} Entry @typedef {import("./types.js").Line} Line */

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });

/** @param {Line} line @param {Model} model @param {Deeds} deeds @param {string} channel the chat in hand's */
export function lineView(line, model, deeds, channel) {
  const { entry, key, all } = line;
  const open = model.unfolded.includes(key);
  const ours = channel !== "" && concerns(entry, channel);
  const toggle = () => deeds.set({ unfolded: open ? model.unfolded.filter((one) => one !== key) : [...model.unfolded, key] });
  return html`
    <li class="line ${entry.kind} ${ours ? "ours" : ""}">
      <button type="button" aria-expanded=${open ? "true" : "false"} @click=${toggle}>
        <span class="line-first"><span class="lesson">${lesson(entry)}</span>${tries(all)}${answer(entry)}</span>
        <span class="line-second">${way(entry)}<span class="route">${route(entry)}</span><span class="ms">${Math.round(entry.ms)} ms</span></span>
      </button>
      ${open ? contents(line, model, deeds) : nothing}
    </li>
  `;
}

/** Who calls whom. @param {Entry} entry */
function way({ kind }) {
  const [short, long] = kind === "rest" ? ["→ Twilio", "The middleware calls Twilio"] : ["Twilio →", "Twilio calls the middleware"];
  return html`<span class="way" title=${long}><span aria-hidden="true">${short}</span><span class="unseen">${long}: </span></span>`;
}

/** @param {Entry} entry */
export function answer(entry) {
  const text = entry.status === null ? (entry.fault === "lose" ? "lost" : "no answer") : String(entry.status);
  const trouble = entry.fault ? html`<span class="unseen">, mischief: ${faultName(entry.fault)}</span><span class="fault" aria-hidden="true" title=${faultName(entry.fault)}>!</span>` : nothing;
  return html`<span class="status ${good(entry) ? "good" : "bad"}">${text}${trouble}</span>`;
}

/** @param {Entry[]} all */
function tries(all) {
  return all.length > 1 ? html`<span class="tries">${all.length}×</span>` : nothing;
}

/** @param {Line} line @param {Model} model @param {Deeds} deeds */
function contents(line, model, deeds) {
  const { entry, all, key } = line;
  return html`
    <div class="contents">
      <p class="why">${why(entry)}</p>
      <p class="at">${entry.kind === "rest" ? "Middleware → Twilio" : "Twilio → Middleware"}</p>
      ${all.length > 1 ? deliveries(all) : html`<p class="at">${happened(entry)}</p>`}
      ${entry.kind === "rest" ? call(entry) : hook(entry)}
      <button class="quiet small" type="button" @click=${() => deeds.copy(line)}>${model.copied === key ? "Copied" : "Copy as curl"}</button>
    </div>
  `;
}

/** @param {Entry} entry */
function happened(entry) {
  const told = entry.kind === "webhook" ? entry.error : null;
  const words = [TIME.format(new Date(entry.at)), `${entry.ms} ms`, told, entry.fault && `mischief: ${faultName(entry.fault)}`];
  return words.filter(Boolean).join(" · ");
}

/** @param {Entry[]} all */
function deliveries(all) {
  return html`
    <h4>Deliveries</h4>
    <ol class="deliveries">
      ${all.map((one) => html`<li>${one.kind === "webhook" && one.attempt > 0 ? `Try ${one.attempt + 1} · ` : ""}${happened(one)} · ${answer(one)}</li>`)}
    </ol>
  `;
}

/** @param {import("./types.js").Call} entry */
function call(entry) {
  return html`
    <p class="address">${entry.method} ${entry.path}</p>
    ${table("Headers", entry.headers)} ${table("Parameters", entry.params)} ${table("Answer's headers", entry.answered)}
    ${body("Answer", entry.response)}
  `;
}

/** @param {import("./types.js").Hook} entry */
function hook(entry) {
  return html`
    <p class="address">${entry.method} ${entry.url}</p>
    ${table("Headers", entry.headers)} ${table("Form", entry.fields)} ${body("Answer", entry.response || null)}
  `;
}

/** @param {string} title @param {Record<string, unknown>} values */
function table(title, values) {
  const all = Object.entries(values ?? {});
  if (all.length === 0) return nothing;
  return html`<h4>${title}</h4><dl>${all.map(([name, value]) => html`<dt>${name}</dt><dd>${readable(value)}</dd>`)}</dl>`;
}

/** @param {string} title @param {unknown} value */
function body(title, value) {
  if (value === null || value === undefined) return nothing;
  if (typeof value === "object" && !Array.isArray(value)) return table(title, /** @type {any} */ (value));
  return html`<h4>${title}</h4><pre>${readable(value)}</pre>`;
}
