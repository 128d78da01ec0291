// The talk's modules that touch neither DOM nor network: `node --test tests/browser/`.

import assert from "node:assert/strict";
import { test } from "node:test";

import { about } from "../../static/widget/talk/about.js";
import { Chat } from "../../static/widget/talk/chat.js";
import { items } from "../../static/widget/talk/items.js";
import { again, delay, Outbox } from "../../static/widget/talk/outbox.js";
import { Sender } from "../../static/widget/talk/sender.js";
import { transcript } from "../../static/widget/talk/transcript.js";
import { firstOf, unseen } from "../../static/widget/talk/unread.js";

const HEAD = { id: "chat-1", state: "open", ended_by: null, agent: null, opened_at: 0 };
const ALEX = { name: "Alex" };

const message = (seq, more = {}) => {
  const said = { seq, author: "visitor", name: null, text: `text ${seq}`, at: 1000 * seq };
  return { ...said, status: "sent", ask_id: `ask-${seq}`, edited: null, ...more };
};
const answered = (seq, more = {}) => message(seq, { author: "agent", name: "Alex", ask_id: null, ...more });
const opened = (messages = [], more = {}) => ({ chat: HEAD, messages, unsettled: [], changed: [], more: false, reset: false, ...more });
const seqs = (chat) => chat.messages.map((one) => one.seq);
const shown = (chat, more = {}) => items({ chat, unsent: [], held: false, struggling: false, ...more });
/** What a list of items says, in short. */
const said = (list) => list.map((item) => (item.kind === "message" ? item.text : `${item.name} ${item.kind}`));

function chatWith(messages, more) {
  const chat = new Chat();
  chat.opened(opened(messages, more));
  return chat;
}

test("messages stand in the order of seq, each once, however they come", () => {
  const chat = chatWith([message(2), message(1)]);
  chat.said({ chat: "chat-1", message: message(2) });
  chat.said({ chat: "chat-1", message: message(3) });
  assert.deepEqual([1, 2, 3], seqs(chat));
});

test("a hole is noticed, and filled by what comes later", () => {
  const chat = chatWith([message(1)]);
  chat.said({ chat: "chat-1", message: message(3) });
  assert.equal(true, chat.hole);
  assert.equal(1, chat.reach);
  chat.opened(opened([message(2), message(3)]));
  assert.equal(false, chat.hole);
});

test("a reset and another chat's news leave nothing of what was shown", () => {
  const chat = chatWith([message(1), message(2)]);
  chat.opened(opened([message(1)], { reset: true }));
  assert.deepEqual([1], seqs(chat));
  chat.opened(opened([], { chat: { ...HEAD, id: "chat-2" } }));
  assert.deepEqual([], seqs(chat));
});

test("news of another chat changes nothing", () => {
  const chat = chatWith([message(1)]);
  chat.said({ chat: "chat-0", message: message(2) });
  chat.ended({ chat: "chat-0", by: "flex" });
  assert.deepEqual([1], seqs(chat));
  assert.equal(true, chat.open);
});

test("an answer that was overtaken does not open an ended chat again", () => {
  const chat = chatWith([]);
  chat.ended({ chat: "chat-1", by: "flex" });
  chat.opened(opened([message(1)]));
  assert.equal(true, chat.over);
  assert.deepEqual([1], seqs(chat));
});

test("a status that outruns the acknowledgement is not lost", () => {
  const chat = chatWith([]);
  chat.status({ chat: "chat-1", seq: 1, status: "failed" });
  chat.stored({ chat: "chat-1", seq: 1, at: 5 }, { ask_id: "a", text: "Hi" });
  assert.equal("failed", chat.messages[0].status);
});

test("after a break, what is not listed as unsettled was sent", () => {
  const chat = chatWith([message(1, { status: "sending" }), message(2, { status: "sending" })]);
  chat.opened(opened([answered(3)], { unsettled: [{ seq: 2, status: "failed" }] }));
  assert.deepEqual(["sent", "failed", "sent"], chat.messages.map((one) => one.status));
});

test("the agent's coming is shown where it happened, and once", () => {
  const chat = chatWith([message(1)]);
  chat.agent({ chat: "chat-1", agent: { name: null } });
  chat.agent({ chat: "chat-1", agent: ALEX });
  chat.said({ chat: "chat-1", message: message(2) });
  chat.said({ chat: "chat-1", message: answered(3) });
  assert.deepEqual(["text 1", "Alex joined", "text 2", "text 3"], said(shown(chat)));
});

test("after a reload the agent's coming is told by the messages", () => {
  const chat = chatWith([message(1), answered(2)], { chat: { ...HEAD, agent: ALEX } });
  assert.deepEqual(["text 1", "Alex joined", "text 2"], said(shown(chat)));
});

test("words said before the agent's name was known are theirs when it is", () => {
  const chat = chatWith([message(1)]);
  chat.agent({ chat: "chat-1", agent: { name: null } });
  chat.said({ chat: "chat-1", message: answered(2, { name: null }) });
  chat.said({ chat: "chat-1", message: message(3) });
  const names = () => shown(chat).filter((item) => item.kind === "message").map((item) => item.name);
  assert.deepEqual([null, null, null], names());
  chat.agent({ chat: "chat-1", agent: ALEX });
  assert.deepEqual([null, "Alex", null], names());
  chat.agent({ chat: "chat-1", agent: null });
  chat.said({ chat: "chat-1", message: answered(4, { name: null }) });
  assert.deepEqual([null, "Alex", null, null], names());
});

test("an agent who leaves by ending the chat is said to have ended it only", () => {
  const chat = chatWith([message(1), answered(2)], { chat: { ...HEAD, agent: ALEX } });
  chat.agent({ chat: "chat-1", agent: null });
  assert.equal("Alex left", said(shown(chat)).at(-1));
  chat.ended({ chat: "chat-1", by: "flex" });
  assert.equal("text 2", said(shown(chat)).at(-1));
});

test("a failed message that was sent again is not shown twice, in any tab", () => {
  const chat = chatWith([message(1, { ask_id: "ab12", status: "failed" }), message(2, { ask_id: again("ab12") })]);
  assert.deepEqual(["text 2"], shown(chat).map((item) => item.text));
});

test("sending again and again counts on", () => {
  assert.equal("ab12~2", again("ab12"));
  assert.equal("ab12~3", again("ab12~2"));
  assert.match(again(null), /^[0-9a-f]{32}~2$/);
});

test("a message keeps its place on the screen from sending to sent", () => {
  const [chat, outbox] = [chatWith([]), new Outbox(() => {})];
  outbox.add("Hi", "a");
  const before = shown(chat, { unsent: outbox.entries });
  chat.stored({ chat: "chat-1", seq: 1, at: 5 }, outbox.head);
  assert.deepEqual(before.map((item) => item.key), shown(chat).map((item) => item.key));
});

test("the outbox keeps what is not stored, and takes over each text once", () => {
  let kept = [];
  const outbox = new Outbox((entries) => (kept = entries));
  outbox.add("one", "a");
  const later = Date.now() + 1000;
  outbox.adopt([{ ask_id: "a", text: "one", at: later, refusal: null }, { ask_id: "b", text: "two", at: later, refusal: null }]);
  assert.deepEqual(["a", "b"], kept.map((entry) => entry.ask_id));
  outbox.settle((id) => id === "a");
  outbox.refuse("b", "too long");
  assert.equal(undefined, outbox.head);
  assert.equal("too long", kept[0].refusal);
});

test("waiting grows, up to half a minute", () => {
  for (const [attempts, least, most] of [[0, 500, 1000], [3, 4000, 8000], [20, 15_000, 30_000]]) {
    const ms = delay(attempts);
    assert.ok(least <= ms && ms <= most, `${ms} after ${attempts}`);
  }
});

test("what a gone tab had written before comes before, and time that is set back does not disorder a tab's own", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 5000 });
  const outbox = new Outbox(() => {});
  outbox.add("third", "c");
  context.mock.timers.setTime(1000);
  outbox.add("fourth", "d");
  outbox.adopt([{ ask_id: "a", text: "first", at: 10, refusal: null }, { ask_id: "b", text: "second", at: 10, refusal: null }]);
  assert.deepEqual(["first", "second", "third", "fourth"], outbox.entries.map((entry) => entry.text));
});

test("a message that is put otherwise or taken back keeps its place", () => {
  const chat = chatWith([answered(1), answered(2), answered(3)]);
  chat.reworded({ chat: "chat-1", seq: 1, text: "better" });
  chat.withdrawn({ chat: "chat-1", seq: 2 });
  chat.withdrawn({ chat: "chat-0", seq: 3 });
  const told = shown(chat).filter((item) => item.kind === "message").map((item) => [item.text, item.edited]);
  assert.deepEqual([["better", "reworded"], ["", "withdrawn"], ["text 3", null]], told);
});

test("what was changed while the line was cut is told with what came meanwhile", () => {
  const chat = chatWith([answered(1), answered(2)]);
  const changed = [answered(1, { text: "better", edited: "reworded" }), answered(9, { text: "of another time" })];
  chat.opened(opened([answered(3)], { changed }));
  assert.deepEqual([1, 2, 3], seqs(chat));
  assert.equal("better", chat.messages[0].text);
});

test("what the other side said behind what was seen is unread; an answer has read what stands before it", () => {
  const messages = [answered(1), message(2), answered(3), message(4, { author: "system" }), answered(5, { author: "bot" })];
  assert.deepEqual([3, 5], unseen(messages, 0).map((one) => one.seq));
  assert.deepEqual([5], unseen(messages, 3).map((one) => one.seq));
  assert.equal("seq-5", firstOf(unseen(messages, 3)));
  assert.equal(null, firstOf(unseen(messages, 5)));
  assert.deepEqual([], unseen([answered(1, { edited: "withdrawn" })], 0));
});

test("a transcript holds what was said, when and by whom, and not what was withdrawn or never arrived", () => {
  const at = new Date(2027, 0, 31, 9, 5).getTime();
  const list = [answered(1, { at }), message(2, { at, text: "two\nlines" }), answered(3, { edited: "withdrawn", text: "" }), message(4, { status: "failed" })];
  const text = transcript(shown(chatWith(list)), { you: "Ich", agent: "Agent", bot: "Assistent" });
  assert.equal("2027-01-31 09:05  Alex\ntext 1\n\n2027-01-31 09:05  Ich\ntwo\nlines\n", text);
});

test("what is told of the visitor fits into what the server takes, the first entries first", () => {
  const context = { page: "p", none: "", odd: undefined, ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, "é".repeat(2000)])) };
  const { name, context: told } = about({ name: `  ${"N".repeat(300)}`, context });
  assert.equal(100, name.length);
  assert.deepEqual(["page", "k0"], Object.keys(told));
  assert.equal(1000, told.k0.length);
  assert.ok(!("name" in about({ name: " ", context })));
});

/** A server that gives the next of the scripted answers, and writes down what it was asked. */
function story(script, { chat = new Chat(), known = false } = {}) {
  const asked = [];
  const next = async (what) => {
    asked.push(what);
    const answer = script.shift() ?? { ok: false, error: { code: "lost", message: "" } };
    if (answer.chat?.id) chat.opened(answer);
    return answer;
  };
  const outbox = new Outbox(() => {});
  const asks = { open: () => next("open"), say: ({ ask_id }) => next(ask_id), learn: () => next("resume") };
  const house = { ready: () => script.length > 0, known: () => known, ...asks };
  return { asked, chat, outbox, sender: new Sender({ outbox, chat, house, changed: () => {} }) };
}

const yes = (seq, chat = "chat-1") => ({ ok: true, chat, seq, at: seq });
const no = (code) => ({ ok: false, error: { code, message: code } });
const chatOpened = (id = "chat-1", state = "open") => ({ ok: true, ...opened([], { chat: { ...HEAD, id, state } }) });

test("the first text opens a chat; texts go out in order, one at a time", async () => {
  const { asked, chat, outbox, sender } = story([chatOpened(), yes(1), yes(2)]);
  outbox.add("one", "a");
  outbox.add("two", "b");
  await sender.wake();
  assert.deepEqual(["open", "a", "b"], asked);
  assert.deepEqual([1, 2], seqs(chat));
  assert.deepEqual([], outbox.entries);
});

test("a known visitor's text is said at once, and a chat opened only if there is none", async () => {
  const { asked, outbox, sender } = story([no("not_open"), chatOpened(), yes(1)], { known: true });
  outbox.add("one", "a");
  await sender.wake();
  assert.deepEqual(["a", "open", "a"], asked);
});

test("a text that comes after the end is held until the visitor wants a new chat, and keeps its ask_id", async () => {
  const script = [no("chat_ended"), chatOpened("chat-2"), yes(1, "chat-2")];
  const { asked, outbox, sender } = story(script, { chat: chatWith([]), known: true });
  outbox.add("late", "a");
  await sender.wake();
  assert.equal(true, sender.held);
  sender.wanted = true;
  await sender.wake();
  assert.deepEqual(["a", "open", "a"], asked);
  assert.equal(false, sender.wanted);
});

test("what the server will never take does not stand in the way of the next text", async () => {
  const { asked, outbox, sender } = story([no("bad_ask"), yes(1)], { chat: chatWith([]), known: true });
  outbox.add("bad", "a");
  outbox.add("good", "b");
  await sender.wake();
  assert.deepEqual(["a", "b"], asked);
  assert.deepEqual(["bad"], outbox.entries.map((entry) => entry.text));
});

for (const code of ["unavailable", "internal", "lost", "something new"]) {
  test(`after "${code}" the same text is sent again, but not at once`, async () => {
    const { asked, outbox, sender } = story([no(code), yes(1)], { chat: chatWith([]), known: true });
    outbox.add("one", "a");
    await sender.wake();
    await sender.wake();
    assert.deepEqual(["a"], asked);
    await sender.hurry();
    assert.deepEqual(["a", "a"], asked);
  });
}
