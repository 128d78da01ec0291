// The desk's modules that touch neither DOM nor network: `node --test tests/browser/`.

import assert from "node:assert/strict";
import { test } from "node:test";

import { afterShutting, columnsIn, seenOf } from "../../static/desk/columns.js";
import { gist, link, rows } from "../../static/desk/contexts.js";
import { items } from "../../static/desk/items.js";
import { pieces } from "../../static/desk/links.js";
import { first, looked, opened, shut, told } from "../../static/desk/model.js";
import { groups, initials, unread, waited } from "../../static/desk/tasks.js";

const ME = { identity: "alex", name: "Alex Rivera", activity: "WA1", available: true };
const AT = Date.parse("2026-05-04T10:00:00.000Z");
const at = (seconds) => new Date(AT + seconds * 1000).toISOString();

const message = (index, more = {}) => {
  const said = { sid: `IM${index}`, index, from: "vera", kind: "customer", body: `text ${index}` };
  return { ...said, date_created: at(index * 10), media: null, ...more };
};
const answer = (index, more = {}) => message(index, { from: "alex", kind: "agent", ...more });
const channel = (messages, more = {}) => {
  const next_index = (messages.at(-1)?.index ?? -1) + 1;
  return { sid: "CH1", service: "Conversations", status: "ACTIVE", agent_inside: true, next_index, messages, moments: [], ...more };
};
const task = (sid, status, more = {}) => ({ sid, status, channel_sid: `CH-${sid}`, name: sid, attributes: {}, context: {}, reason: null, ...more });
const state = (tasks, channels = {}) => ({ agent: ME, activities: [], tasks, channels });
const shown = (chat, seen = 99) => items(chat, { me: ME, visitor: "Vera", seen });
const words = (list) => list.filter((item) => item.kind !== "day").map((item) => item.text ?? item.message?.body ?? item.kind);

test("who came and went stands between the words, where it happened", () => {
  const moments = [
    { kind: "joined", who: "alex", at: at(15) },
    { kind: "left", who: "alex", at: at(25) },
    { kind: "ended", who: "alex", at: at(26) },
  ];
  const chat = channel([message(0), message(1), answer(2)], { status: "INACTIVE", moments });
  assert.deepEqual(["text 0", "text 1", "You joined", "text 2", "You left", "The chat has ended"], words(shown(chat)));
});

test("an end that nobody was told of is shown all the same, and once", () => {
  assert.deepEqual(["text 0", "The chat has ended"], words(shown(channel([message(0)], { status: "INACTIVE" }))));
});

test("a hole in the indexes is a message that was removed, at the end too", () => {
  assert.deepEqual(["text 0", "removed", "text 2", "removed"], words(shown(channel([message(0), message(2)], { next_index: 4 }))));
});

test("words keep the order of their indexes when a clock went back", () => {
  const chat = channel([message(0, { date_created: at(20) }), message(1, { date_created: at(10) })]);
  assert.deepEqual(["text 0", "text 1"], words(shown(chat)));
});

test("each day is told once", () => {
  const chat = channel([message(0), message(1), message(2, { date_created: at(86_400) })]);
  assert.deepEqual(["day", "message", "message", "day", "message"], shown(chat).map((item) => item.kind));
});

test("what was not looked at stands below a line", () => {
  const chat = channel([message(0), answer(1), message(2), message(3)]);
  assert.deepEqual(["text 0", "text 1", "fresh", "text 2", "text 3"], words(shown(chat, 1)));
  assert.deepEqual(["text 0", "text 1", "text 2", "text 3"], words(shown(chat, 3)));
});

test("words in a row share a name and a time until another speaks or minutes pass", () => {
  const chat = channel([message(0), message(1), answer(2), answer(3, { date_created: at(1000) })]);
  const rows = shown(chat).filter((item) => item.kind === "message").map(({ first, last }) => [first, last]);
  assert.deepEqual([[true, false], [false, true], [true, true], [true, true]], rows);
});

test("whoever answers has read", () => {
  const chat = channel([message(0), answer(1), message(2)]);
  assert.equal(1, unread(chat, undefined));
  assert.equal(0, unread(chat, 2));
  assert.equal(0, unread(undefined, undefined));
});

test("tasks stand by what can be done: who waits longest first, else the newest", () => {
  const all = ["reserved", "assigned", "completed", "pending", "assigned", "canceled", "wrapping"].map((status, n) => task(`T${n}`, status));
  const found = groups(all).map(({ group, tasks }) => [group, ...tasks.map((one) => one.sid)]);
  assert.deepEqual([["waiting", "T0", "T3"], ["active", "T4", "T1"], ["wrapping", "T6"], ["done", "T5", "T2"]], found);
});

test("waiting is counted in seconds first, then in hours, and never backwards", () => {
  assert.deepEqual(["0:00", "0:42", "12:05", "3 h 20 min"], [-5, 42, 725, 12_010].map((seconds) => waited(at(0), AT + seconds * 1000)));
});

test("initials survive any name", () => {
  assert.deepEqual(["AL", "V", "", "😀X"], ["Ada Lovelace King", "vera", "  ", "😀 x"].map(initials));
});

test("what the page knew and what the form asked are told apart, in words", () => {
  const { form, visit } = rows({ page: "https://shop.example/a", language: "de", orderNumber: "4711", terms_read: "yes", name: "Vera" });
  assert.deepEqual([["Order number", "4711"], ["Terms read", "yes"]], form.map(({ name, value }) => [name, value]));
  assert.deepEqual(["Page", "Language"], visit.map(({ name }) => name));
  assert.equal("https://shop.example/a", visit[0].link);
});

test("an address is followed only where it leads to a page", () => {
  for (const evil of ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "//evil.example", "shop"]) assert.equal(null, link(evil));
  assert.equal("https://shop.example/", link("https://shop.example/"));
});

test("nonsense in the context breaks nothing", () => {
  const { visit } = rows({ language: "not a language!", timeZone: "Mars/Olympus", page: "x" });
  assert.deepEqual(["x", "not a language!", "Mars/Olympus"], visit.map(({ value }) => value));
  assert.equal("not a language!", gist({ language: "not a language!", page: "x" }));
});

test("links in words end before the sentence does", () => {
  const found = pieces("See https://a.example/x?y=1. Or (http://b.example)! not javascript:alert(1)");
  assert.deepEqual(["https://a.example/x?y=1", "http://b.example"], found.filter((one) => one.link).map((one) => one.text));
  assert.equal("See https://a.example/x?y=1. Or (http://b.example)! not javascript:alert(1)", found.map((one) => one.text).join(""));
  assert.deepEqual([{ text: "", link: false }], pieces(""));
});

test("from one to three chats fit, and the one in hand is always among them", () => {
  assert.deepEqual([1, 1, 2, 3, 3], [0, 320, 700, 1000, 4000].map(columnsIn));
  const open = ["a", "b", "c", "d", "e"];
  for (const columns of [1, 2, 3]) for (const active of open) assert.ok(seenOf(open, active, columns).includes(active));
  assert.deepEqual(["c", "d", "e"], seenOf(open, "e", 3));
  assert.deepEqual(open, seenOf(open, "gone", 9));
});

test("shutting a chat leads to its neighbour", () => {
  assert.deepEqual(["c", "b", ""], [afterShutting(["a", "b", "c"], "b"), afterShutting(["a", "b", "c"], "c"), afterShutting(["a"], "a")]);
});

test("a fresh desk opens what was accepted; one that knows what was open keeps it", () => {
  const tasks = [task("T1", "assigned"), task("T2", "assigned"), task("T3", "reserved")];
  assert.deepEqual(["T1", "T2"], told(first({}), state(tasks)).open);
  const back = told(first({ open: ["T2", "T-gone"], active: "T-gone" }), state(tasks));
  assert.deepEqual([["T2"], "T2"], [back.open, back.active]);
});

test("another simulator's state leaves nothing open of the one before", () => {
  const before = { ...first({}), ...told(first({}), state([task("T1", "assigned")])) };
  const after = told(before, state([]));
  assert.deepEqual([[], ""], [after.open, after.active]);
});

test("a screen reader hears of a new task, and of words in a chat that is not in hand", () => {
  const model = { ...first({}), ...told(first({}), state([task("T1", "assigned"), task("T2", "assigned")])), active: "T2" };
  assert.equal("New task: T3", told(model, state([...model.state.tasks, task("T3", "reserved")])).said);
  assert.equal("New message from T1", told(model, state(model.state.tasks, { "CH-T1": channel([message(0)]) })).said);
  assert.equal("", told(model, state(model.state.tasks, { "CH-T2": channel([message(0)]) })).said);
});

test("only the chat in hand is looked at", () => {
  const model = { ...first({}), state: state([task("T1", "assigned"), task("T2", "assigned")], { "CH-T1": channel([message(0)]), "CH-T2": channel([message(0)]) }) };
  const seen = looked({ ...model, ...opened(model, "T1") });
  assert.deepEqual({ T1: 0 }, seen);
  assert.equal("T1", shut({ ...model, open: ["T1", "T2"], active: "T2" }, "T2").active);
});
