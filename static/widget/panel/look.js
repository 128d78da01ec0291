import { html, nothing } from "lit/html.js";
import { repeat } from "lit/directives/repeat.js";

import { composer } from "./composer.js";
import { ending, sure } from "./ending.js";
import { form } from "./form.js";
import { head } from "./head.js";
import { log } from "./log.js";

/** Whether the form stands before the chat. @param {import("./scene.js").Scene} scene */
export function asks({ view, wishes, face }) {
  return view.ready && view.phase === "new" && view.items.length === 0 && wishes.fields.length > 0 && !face.introduced;
}

/** The panel, whole. @param {import("./scene.js").Scene} scene @param {import("./scene.js").Deeds} deeds */
export function look(scene, deeds) {
  const { view, wishes, speech, face } = scene;
  const asking = asks(scene);
  return html`<dialog
    class="panel"
    part="panel"
    tabindex="-1"
    lang=${speech.tag}
    dir=${speech.dir}
    aria-label=${wishes.heading || speech.words.heading}
    @click=${deeds.elsewhere}
    @focusin=${deeds.elsewhere}
    @keydown=${deeds.escape}
    @cancel=${deeds.escape}
    @close=${deeds.closed}
  >
    <div class="whole" ?inert=${face.sure}>
      ${head(scene, deeds)}
      <p class="line" role="status">${view.line === "offline" ? speech.words.offline : nothing}</p>
      ${asking ? form(scene, deeds) : log(scene, deeds)}
      ${view.phase === "ended" ? ending(scene, deeds) : nothing} ${composer(scene, deeds, asking)}
    </div>
    ${face.sure ? sure(scene, deeds) : nothing}
    <div class="unseen" role="status">${repeat(scene.news, ({ key }) => key, ({ said }) => html`<p>${said}</p>`)}</div>
  </dialog>`;
}
