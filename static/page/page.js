// The page's wiring: what the visitor does goes to the server, what the server tells goes to the view.

import { Chat } from "./chat.js";
import { Connection } from "./connection.js";
import { items } from "./items.js";
import { again, Outbox } from "./outbox.js";
import { inherit, save } from "./queues.js";
import { Sender } from "./sender.js";
import { View } from "./view.js";
import { Visitor } from "./visitor.js";
import { ended, reconnecting, waiting } from "./words.js";
import { visit } from "./visit.js";

const PATIENCE_MS = 1_200;
const CATCH_UP_TRIES = 5;

const chat = new Chat();
const outbox = new Outbox(save);
const visitor = new Visitor(() => connection.reconnect());
const connection = new Connection({ auth, heard, changed: lineIs, badToken });
const house = { ready: () => connection.connected, known: () => visitor.known, open, say, learn: catchUp };
const sender = new Sender({ outbox, chat, house, changed: show });
const view = new View({ say: write, sendAgain, takeBack, renew, end });
let brokenSince = Date.now();
let trouble = "";
let catching = false;

inherit((entries) => {
  outbox.adopt(entries);
  act();
});
lineIs(false);
connection.start();

// --- the server tells

function auth() {
  const token = visitor.show();
  if (!token) return {};
  return chat.head ? { token, chat: chat.head.id, after: chat.reach } : { token };
}

function badToken() {
  visitor.forget();
  chat.forget();
}

function lineIs(good) {
  brokenSince = good ? Infinity : Math.min(brokenSince, Date.now());
  if (good) {
    trouble = "";
    sender.hurry();
  } else {
    // A short break is nobody's business: only one that lasts is shown.
    setTimeout(show, PATIENCE_MS);
  }
  act();
}

function heard(name, news) {
  if (name === "opened") opened(news);
  else chat[name](news);
  act();
}

/** News `opened`, and the answers to `open` and `resume`. */
function opened(news) {
  visitor.keep(news.token ? { token: news.token, chat: news.chat.id } : { chat: news.chat.id });
  if (news.chat.id === visitor.kept.left && news.chat.state === "ended") {
    sender.wanted = true;
    return;
  }
  chat.opened(news);
  sender.opened();
  if (news.more) catchUp();
}

/** Something has changed: do what is to be done now. */
function act() {
  outbox.settle((ask_id) => chat.holds(ask_id));
  if (chat.hole) catchUp();
  sender.wake();
  show();
}

// --- the server is asked

function open() {
  return visitor.open(
    async () => {
      const name = visitor.kept.name ? { name: visitor.kept.name } : {};
      const answer = await connection.ask("open", { ...name, context: visit() });
      if (answer.ok) opened(answer);
      return answer;
    },
    async () => {
      connection.reconnect();
      return { ok: false, error: { code: "lost", message: "Another tab was first." } };
    },
  );
}

function say({ ask_id, text }) {
  return connection.ask("say", { ask_id, text });
}

/** Ask for what is missing until nothing is; if it does not come, the next news or connection tries again. */
async function catchUp() {
  if (catching) return;
  catching = true;
  for (let tries = 0; tries < CATCH_UP_TRIES; tries += 1) {
    const before = chat.reach;
    const answer = await connection.ask("resume", chat.head ? { chat: chat.head.id, after: before } : { after: 0 });
    if (!answer.ok) break;
    opened(answer);
    if (!answer.more && !chat.hole) break;
    if (chat.reach > before) tries = 0;
  }
  catching = false;
  show();
}

// --- the visitor acts

function write(text, name) {
  if (name) visitor.keep({ name });
  if (chat.over) sender.wanted = true;
  outbox.add(text);
  act();
}

function sendAgain(ask_id, text) {
  outbox.add(text, again(ask_id));
  act();
}

function takeBack(ask_id) {
  const entry = outbox.take(ask_id);
  show();
  return entry?.text;
}

/** The ended chat is put aside; texts that came too late for it open the new one, or else the next text does. */
function renew() {
  visitor.keep({ left: chat.head?.id });
  chat.forget();
  sender.wanted = true;
  act();
}

async function end() {
  const id = chat.head?.id;
  const answer = await connection.ask("end", {});
  if (answer.ok) chat.ended({ chat: id, by: "visitor" });
  trouble = answer.ok ? "" : "The chat could not be ended just now. Please try again.";
  act();
}

// --- what is shown

function show() {
  const { held, struggling } = sender;
  const unsent = outbox.entries;
  view.show({
    items: items({ chat, unsent, held, struggling }),
    stage: chat.open ? "open" : chat.over ? "over" : "new",
    agent: chat.head?.agent ?? null,
    waiting: waiting(chat),
    ended: ended(chat, held && outbox.head !== undefined),
    notice: Date.now() - brokenSince < PATIENCE_MS || brokenSince === Infinity ? trouble : reconnecting(unsent.length > 0),
  });
}
