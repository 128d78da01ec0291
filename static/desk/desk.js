// The desk's wiring: the state comes in whole and is shown; deeds go out and come back as state.

import { follow, post } from "./api.js";
import { at, initials, tell } from "./fill.js";
import { groupOf, Tasks } from "./tasks.js";
import { Talk } from "./talk.js";
import { Wire } from "./wire.js";

/** @type {import("./api.js").State} */
let state = { agent: { identity: "", name: "" }, tasks: [], channels: {} };
/** @type {string | null} the sid of the task whose chat is shown */
let chosen = null;
let connected = true;
let complaint = "";
/** Whether the agent goes on to type as soon as that is possible. */
let eager = false;

const wire = new Wire();
const tasks = new Tasks({ choose, accept });
const talk = new Talk({ say, accept: () => accept(chosen), end: () => move("end"), complete: () => move("complete") });

follow({ state: became, wire: (entry) => wire.add(entry), changed: lineIs });
show();

function became(now) {
  state = now;
  if (!state.tasks.some((task) => task.sid === chosen)) chosen = null;
  chosen ??= state.tasks.findLast((task) => groupOf(task.status) === "active")?.sid ?? null;
  show();
}

function lineIs(good) {
  connected = good;
  if (good) wire.restart();
  show();
}

function choose(sid) {
  chosen = sid;
  complaint = "";
  show();
}

async function accept(sid) {
  choose(sid);
  eager = await done(post(`tasks/${sid}/accept`));
  show();
}

function move(deed) {
  return done(post(`tasks/${chosen}/${deed}`));
}

function say(text) {
  const task = state.tasks.find((task) => task.sid === chosen);
  return done(post(`channels/${task.channel_sid}/messages`, { body: text }));
}

/** @param {Promise<void>} deed @returns {Promise<boolean>} whether it was done; if not, the desk says why */
async function done(deed) {
  complaint = await deed.then(() => "", (error) => error.message);
  show();
  return complaint === "";
}

function show() {
  const task = state.tasks.find((task) => task.sid === chosen);
  const channel = state.channels[task?.channel_sid];
  tasks.show(state, chosen);
  talk.show(task, channel);
  if (eager && talk.focus()) eager = false;
  wire.choose(channel?.sid ?? "");
  tell(at("trouble"), connected ? complaint : "The simulator does not answer. Trying again…");
  at("me").hidden = state.agent.name === "";
  tell(at("my-name"), state.agent.name);
  tell(at("my-avatar"), initials(state.agent.name));
}
