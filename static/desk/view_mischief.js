// Mischief: how Twilio behaves, as one switch for all and as one for each fault.

import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";

import { FAULTS, MOODS, SETTINGS, active, settingOf, switched } from "./mischief.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Deeds} Deeds */

/** @param {Model} model @param {Deeds} deeds */
export function mischiefView(model, deeds) {
  const { mischief } = model;
  return html`
    <div class="mischief" tabindex="0" role="region" aria-label="Mischief">
      <p class="hint">Twilio and the network misbehave on purpose, to show that the middleware loses nothing and says nothing twice. The log marks what struck with “!”.</p>
      ${moods(model, deeds)}
      <p class="now" role="status">${now(model)} ${calm(mischief, deeds)}</p>
      ${FAULTS.map(({ title, about, faults }) => html`<h3>${title}</h3><p class="hint">${about}</p><ul>${faults.map((fault) => html`<li>${switchOf(fault, mischief, deeds)}</li>`)}</ul>`)}
    </div>
  `;
}

/** @param {Model} model @param {Deeds} deeds */
function moods({ mischief, wanted }, { befall }) {
  const chosen = wanted ?? (active(mischief) ? mischief.preset : "");
  return html`
    <fieldset class="moods">
      <legend>Twilio's mood</legend>
      ${MOODS.map(
        ([preset, name, what]) => html`
          <label>
            <input type="radio" name="mood" .checked=${live(chosen === preset)} @change=${() => befall(preset || [])} />
            <span><b>${name}</b> <span class="hint">${what}</span></span>
          </label>
        `,
      )}
    </fieldset>
  `;
}

/** @param {Model} model */
function now({ mischief }) {
  if (!active(mischief)) return "Everything answers as it should.";
  if (mischief.preset) return `The preset “${mischief.preset}” is in force.`;
  return "The faults that are switched on below are in force.";
}

/** @param {Model["mischief"]} mischief @param {Deeds} deeds */
function calm(mischief, { befall }) {
  return active(mischief) ? html`<button class="quiet small" type="button" @click=${() => befall([])}>Back to calm</button>` : nothing;
}

/** @param {import("./mischief.js").Fault} fault @param {Model["mischief"]} mischief @param {Deeds} deeds */
function switchOf(fault, mischief, { befall }) {
  const setting = settingOf(mischief, fault.fault);
  const made = mischief.made[fault.fault] ?? 0;
  return html`
    <label class="fault-switch ${setting}">
      <span><b>${fault.name}</b>${made > 0 ? html` <span class="times">${made}×</span>` : nothing}<span class="hint">${fault.what}</span></span>
      <select .value=${live(setting)} @change=${(/** @type {any} */ event) => befall(switched(mischief, fault, event.target.value))}>
        ${SETTINGS.map(([value, name]) => html`<option value=${value} ?selected=${value === setting}>${name}</option>`)}
      </select>
    </label>
  `;
}
