// The desk's wiring: what is told becomes the model, the model is shown, and deeds go out and come back as state.

import { render } from "lit";

import { count, chime } from "./alerts.js";
import { ask, follow } from "./api.js";
import { columnsIn } from "./columns.js";
import { curl } from "./curl.js";
import { FollowNewest } from "./follow_newest.js";
import { remember, remembered } from "./memory.js";
import { arrived, first, looked, opened, shut, told } from "./model.js";
import { groupOf } from "./tasks.js";
import { deskView } from "./view.js";
import { Wire } from "./wire.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Deeds} Deeds */

class Desk {
  #model = first(remembered());
  #wire = new Wire();
  #run = "";
  #waits = false;
  /** A selector of what shall have the focus as soon as it is there. */
  #eager = "";
  #root;
  #newest;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#newest = new FollowNewest(root);
    follow({
      run: (run) => this.#begin(run),
      state: (state) => this.#told(state),
      mischief: (mischief) => this.#set({ mischief, wanted: null }),
      wire: (entry) => this.#wire.add(entry) && this.#set({ lines: this.#wire.lines, held: this.#wire.held }),
      line: (connected) => this.#set({ connected }),
    });
    setInterval(() => this.#tick(), 1000);
    document.addEventListener("visibilitychange", () => this.#set({}));
    this.#draw();
    const room = root.querySelector(".chats");
    if (room) new ResizeObserver(([box]) => this.#set({ columns: columnsIn(box?.contentRect.width ?? 0) })).observe(room);
  }

  /** @type {Deeds} */
  #deeds = {
    set: (change) => this.#set(change),
    choose: (sid) => this.#set(opened(this.#model, sid)),
    touch: (sid) => sid !== this.#model.active && this.#set({ active: sid }),
    shut: (sid) => this.#set(shut(this.#model, sid)),
    move: (sid, deed) => this.#move(sid, deed),
    say: (task, text) => this.#say(task, text),
    draft: (task, text) => this.#draft(task, text),
    reword: (task, message, body) => this.#do(ask(messageOf(task, message), { body })),
    withdraw: (task, message) => this.#do(ask(messageOf(task, message), {}, "DELETE")),
    work: (activity) => this.#do(ask("activity", { activity })),
    befall: (plan) => this.#befall(plan),
    pause: () => this.#rewire(() => this.#wire.pause()),
    clear: () => this.#rewire(() => this.#wire.clear()),
    copy: (line) => this.#copy(line),
  };

  /** @param {Partial<Model>} change */
  #set(change) {
    Object.assign(this.#model, change);
    if (this.#waits) return;
    this.#waits = true;
    // A burst of news becomes one picture; a hidden window is drawn too, for its title.
    queueMicrotask(() => this.#draw());
  }

  #draw() {
    this.#waits = false;
    const model = this.#model;
    if (!document.hidden) model.seen = looked(model);
    render(deskView(model, this.#deeds), this.#root);
    this.#newest.follow();
    this.#focus();
    count(model.alerts ? model.state.tasks.filter((task) => groupOf(task) === "waiting").length : 0);
    remember(model);
  }

  #focus() {
    const field = /** @type {HTMLElement | null} */ (this.#root.querySelector(this.#eager || "[data-focus]"));
    if (!field) return;
    if (this.#eager || !field.parentElement?.contains(document.activeElement)) field.focus();
    this.#eager = "";
  }

  #tick() {
    const waiting = this.#model.state.tasks.some((task) => groupOf(task) === "waiting");
    if (waiting && !document.hidden) this.#set({ now: Date.now() });
  }

  /** @param {string} run another one than before means that all we were told is gone */
  #begin(run) {
    if (this.#run && this.#run !== run) this.#set({ known: false, open: [], seen: {}, drafts: {}, unfolded: [] });
    if (this.#run !== run) this.#rewire(() => this.#wire.restart());
    this.#run = run;
  }

  /** @param {import("./types.js").State} state */
  #told(state) {
    if (this.#model.alerts && arrived(this.#model, state).length > 0) chime();
    this.#set({ now: Date.now(), ...told(this.#model, state) });
  }

  /** @param {() => void} change */
  #rewire(change) {
    change();
    this.#set({ lines: this.#wire.lines, held: this.#wire.held, paused: this.#wire.paused });
  }

  /** @param {string} sid @param {string} deed */
  async #move(sid, deed) {
    const taking = deed === "accept" || deed === "take";
    if (taking) this.#set(opened(this.#model, sid));
    const done = await this.#do(ask(`tasks/${sid}/${deed}`));
    if (done && taking) this.#eager = `[data-task="${CSS.escape(sid)}"] .composer textarea`;
    this.#set(done && (deed === "complete" || deed === "decline") ? shut(this.#model, sid) : {});
  }

  /** @param {import("./types.js").Task} task @param {string} body */
  #say(task, body) {
    const voice = this.#model.voices[task.sid];
    const as = voice ? { from: voice, source: "API" } : {};
    return this.#do(ask(`channels/${task.channel_sid}/messages`, { body, ...as }));
  }

  /** @param {import("./types.js").Task} task @param {string} text */
  #draft(task, text) {
    this.#model.drafts = { ...this.#model.drafts, [task.sid]: text };
    remember(this.#model);
  }

  /** @param {import("./types.js").Rule[] | string} plan */
  async #befall(plan) {
    const preset = typeof plan === "string" ? plan : plan.length === 0 ? "" : null;
    this.#set({ wanted: preset });
    if (!(await this.#do(ask("mischief", preset ? { preset } : { rules: plan }, "PUT")))) this.#set({ wanted: null });
  }

  /** @param {import("./types.js").Line} line */
  async #copy({ entry, key }) {
    const copied = await this.#do(navigator.clipboard.writeText(curl(entry, location.origin)));
    this.#set({ copied: copied ? key : "" });
  }

  /** @param {Promise<void>} deed @returns {Promise<boolean>} whether it was done; if not, the desk says why */
  async #do(deed) {
    const complaint = await deed.then(() => "", (error) => error.message);
    this.#set({ complaint });
    return complaint === "";
  }
}

/** @param {import("./types.js").Task} task @param {import("./types.js").Message} message */
const messageOf = (task, message) => `channels/${task.channel_sid}/messages/${message.sid}`;

const root = document.getElementById("desk");
if (root) new Desk(root);
