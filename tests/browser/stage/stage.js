// A page with the panel and a launcher, and nothing of the widget besides: `window.stage` plays it.

import { Panel } from "../../../static/widget/panel/panel.js";
import { note, ScriptedTalk, utterance } from "./talk.js";

const host = document.querySelector("#host");
const root = host.attachShadow({ mode: "open" });
const launcher = document.createElement("button");
launcher.textContent = "Chat";
launcher.className = "launcher";
const sheet = new CSSStyleSheet();
sheet.replaceSync(`.launcher { position: fixed; inset-block-end: 20px; inset-inline-end: 20px; width: 60px; height: 60px; border: 0;
  border-radius: 50%; background: var(--flex-chat-accent, #0f6a5b); color: #fff; }`);
root.adoptedStyleSheets = [sheet];
root.append(launcher);

const wishes = { server: location.origin, language: "en", words: {}, theme: "light", heading: "", greeting: "", fields: [], sound: true };
const talk = new ScriptedTalk();
let panel = made();

function made() {
  return new Panel({ root, talk, wishes: stageWishes(), open: () => panel.show(), close });
}

function stageWishes() {
  return { ...wishes };
}

function close() {
  panel.hide();
  launcher.setAttribute("aria-expanded", "false");
  launcher.focus();
}

launcher.addEventListener("click", () => panel.show());

window.stage = {
  talk,
  root,
  note,
  utterance,
  wish(change) {
    Object.assign(wishes, change);
    return panel.wish(stageWishes());
  },
  accent: (colour) => host.style.setProperty("--flex-chat-accent", colour),
  remove: () => panel.remove(),
  again() {
    panel = made();
  },
  close,
};
