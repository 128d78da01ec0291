import { html, nothing } from "lit/html.js";

import { allowed } from "./text.js";

/**
 * @typedef {import("../types.js").Field} Field
 * @typedef {import("../words/words.js").Words} Words
 */

/** What the page wants to know first. @param {import("./scene.js").Scene} scene @param {import("./scene.js").Deeds} deeds */
export function form({ wishes, speech: { words }, face }, deeds) {
  return html`<form class="form" part="form" novalidate tabindex="-1" @submit=${deeds.start} @input=${deeds.corrected}>
    <p class="greeting" part="greeting" dir="auto">${wishes.greeting || words.greeting}</p>
    <p class="trouble" role="alert">${Object.keys(face.faults).length > 0 ? words.faults : ""}</p>
    ${wishes.fields.map((field, index) => shown(field, `field${index}`, words, face.faults[field.name]))}
    <button class="primary" part="button">${words.start}</button>
  </form>`;
}

/** @param {Field} field @param {string} id @param {Words} words @param {string | undefined} fault */
function shown(field, id, words, fault) {
  const { label, required, hint, type } = field;
  const more = required ? nothing : html` <span class="optional">(${words.optional})</span>`;
  const link = allowed(field.link ?? "");
  const name = link ? html`<a href=${link} target="_blank" rel="noopener">${label}</a>` : label;
  const box = type === "checkbox";
  return html`<div class=${box ? "field box" : "field"} part="field">
    ${box ? control(field, id, words, fault) : nothing}
    <label for=${id}><bdi>${name}</bdi>${more}</label>
    ${box ? nothing : control(field, id, words, fault)}
    ${hint ? html`<p class="hint" id="${id}hint"><bdi>${hint}</bdi></p>` : nothing}
    <p class="trouble" id="${id}fault">${fault ?? ""}</p>
  </div>`;
}

/** @param {Field} field @param {string} id @param {Words} words @param {string | undefined} fault */
function control({ name, type, required, hint, options = [], value = "" }, id, words, fault) {
  const about = `${hint ? `${id}hint ` : ""}${id}fault`;
  const wrong = fault !== undefined;
  const fill = name === "name" ? "name" : type === "email" ? "email" : nothing;
  const most = name === "name" ? 100 : 1000;
  switch (type) {
    case "select":
      return html`<select id=${id} name=${name} ?required=${required} aria-invalid=${wrong} aria-describedby=${about}>
        <option value="">${words.choose}</option>
        ${options.map((option) => html`<option ?selected=${option === value}>${option}</option>`)}
      </select>`;
    case "textarea":
      return html`<textarea id=${id} name=${name} rows="3" dir="auto" placeholder=" " maxlength=${most} ?required=${required} aria-invalid=${wrong} aria-describedby=${about} .defaultValue=${value}></textarea>`;
    case "checkbox":
      return html`<input type="checkbox" id=${id} name=${name} value="yes" ?checked=${value} ?required=${required} aria-invalid=${wrong} aria-describedby=${about} />`;
    default:
      return html`<input type=${type} id=${id} name=${name} value=${value} dir="auto" placeholder=" " maxlength=${most} autocomplete=${fill} ?required=${required} aria-invalid=${wrong} aria-describedby=${about} />`;
  }
}
