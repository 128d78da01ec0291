// The panel's modules that touch no DOM: `node --test tests/browser/`.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { isTooLong } from "../../static/widget/panel/composer.js";
import { over } from "../../static/widget/panel/ending.js";
import { faultsOf } from "../../static/widget/panel/faults.js";
import { initials } from "../../static/widget/panel/head.js";
import { News } from "../../static/widget/panel/news.js";
import { rows } from "../../static/widget/panel/rows.js";
import { allowed, isEmoji, pieces, plain } from "../../static/widget/panel/text.js";
import { times } from "../../static/widget/panel/times.js";
import { filled, LANGUAGES, speech } from "../../static/widget/words/words.js";
import { note, utterance } from "./stage/talk.js";

const PANEL = new URL("../../static/widget/panel/", import.meta.url);
const { words } = await speech("en");
const links = (text) => pieces(text).filter((piece) => typeof piece !== "string");
const hrefs = (text) => links(text).map(({ href }) => href);

test("every language says all that English says, and fills the same gaps", async () => {
  for (const [language, load] of Object.entries(LANGUAGES)) {
    const { default: spoken } = await load();
    assert.deepEqual(Object.keys(words), Object.keys(spoken), language);
    for (const [key, said] of Object.entries(spoken)) {
      assert.notEqual("", said.trim(), `${language} ${key}`);
      assert.equal(words[key].includes("{name}"), said.includes("{name}"), `${language} ${key}`);
    }
  }
});

test("no language leaves a sentence in English", async () => {
  const shared = ["Options", "Notifications", "Messages", "Assistant"];
  for (const [language, load] of Object.entries(LANGUAGES).filter(([one]) => one !== "en")) {
    const same = Object.entries((await load()).default).filter(([key, said]) => said === words[key]);
    assert.deepEqual([], same.map(([, said]) => said).filter((said) => !shared.includes(said)), language);
  }
});

test("every word is used", () => {
  const code = readdirSync(PANEL).filter((name) => name.endsWith(".js")).map((name) => readFileSync(new URL(name, PANEL), "utf8")).join("\n");
  const named = ["joined", "left", "sending", "trying", "held", "sent", "failed", "refused", "again", "discard", "bot", "agent"];
  const unused = Object.keys(words).filter((key) => !named.includes(key) && !new RegExp(`words\\.${key}\\b`).test(code));
  assert.deepEqual([], unused);
});

test("the language of the page decides, down to its region", async () => {
  assert.deepEqual(["pt-BR", "ltr", "Enviar"], await spoken("pt_BR"));
  assert.deepEqual(["ar-EG", "rtl", "إرسال"], await spoken("ar-EG"));
  assert.deepEqual(["en", "ltr", "Send"], await spoken("nl"));
  assert.deepEqual(["en", "ltr", "Send"], await spoken("not a language"));
  assert.deepEqual(["he", "rtl", "שליחה"], await spoken("he", { send: "שליחה" }));
});

async function spoken(language, own) {
  const { tag, dir, words } = await speech(language, own);
  return [tag, dir, words.send];
}

test("a name is put into a sentence as it is", () => {
  assert.deepEqual(["", "$& $1", " joined the chat"], filled(words.joined, "$& $1"));
});

test("addresses become links, without the sentence's own marks", () => {
  assert.deepEqual(["https://example.com/a?b=c#d"], hrefs("See https://example.com/a?b=c#d."));
  assert.deepEqual(["https://example.com/a_(b)"], hrefs("(https://example.com/a_(b))"));
  assert.deepEqual(["https://www.example.com/"], hrefs("go to www.example.com!"));
  assert.deepEqual(["mailto:ada@example.com"], hrefs("or ada@example.com, please"));
  assert.deepEqual(["https://example.com/ja"], hrefs("https://example.com/ja。"));
  assert.equal("See https://example.com, ada@example.com.", pieces("See https://example.com, ada@example.com.").map((one) => one.shown ?? one).join(""));
});

test("a sentence without spaces goes on behind its link", () => {
  assert.deepEqual(["https://example.com/ja?x=1"], hrefs("詳細はhttps://example.com/ja?x=1をご覧ください"));
  assert.deepEqual(["https://example.com/"], hrefs("请看https://example.com/，谢谢"));
  assert.deepEqual(["mailto:ada@example.com"], hrefs("メールはada@example.comへ"));
  assert.deepEqual(["https://xn--r8jz45g.jp/%E3%83%91%E3%82%B9"], hrefs("https://例え.jp/パス です"));
  assert.deepEqual(["https://example.com/%C3%BCber"], hrefs("https://example.com/über"));
});

test("only addresses that cannot run become links", () => {
  for (const text of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<b>", "vbscript:x", "file:///etc/passwd", "https://", "https://bank.example@evil.example/"]) {
    assert.deepEqual([], hrefs(text).filter((href) => !href.startsWith("mailto:")), text);
  }
  assert.equal(null, allowed("javascript:alert(1)"));
  assert.equal(null, allowed("data:text/html,x"));
  assert.equal(null, allowed(""));
  assert.equal("https://example.com/terms", allowed("https://example.com/terms"));
});

test("a host in foreign letters is shown as it is looked up", () => {
  assert.equal("https://xn--pple-43d.com/", links("https://аpple.com/")[0].shown);
  assert.equal("https://example.com/ümlaut", links("https://example.com/ümlaut")[0].shown);
});

test("no text can turn around what stands in it", () => {
  assert.equal("exe.gpj", plain("\u202eexe.gpj"));
  assert.deepEqual(["abc"], pieces("\u2066a\u202db\u2069c"));
});

test("a few emoji alone are large, digits and words are not", () => {
  for (const text of ["👍", "👩‍👩‍👧‍👦 ❤️", "🇩🇪", "👋🏽"]) assert.equal(true, isEmoji(text), text);
  for (const text of ["42", "ok 👍", "", "  ", "👍".repeat(20), "#"]) assert.equal(false, isEmoji(text), text);
});

const FIELDS = [
  { name: "name", type: "text", label: "Name", required: true },
  { name: "email", type: "email", label: "E-mail" },
  { name: "order", type: "text", label: "Order", pattern: "[A-Z]{2}\\d+", hint: "As AB123" },
  { name: "odd", type: "text", label: "Odd", pattern: "(" },
];

test("a form is well filled in, or says where not", () => {
  assert.deepEqual({ name: words.required }, faultsOf(FIELDS, { name: " " }, words));
  assert.deepEqual({ email: words.email, order: "As AB123" }, faultsOf(FIELDS, { name: "Ada", email: "ada@", order: "AB12x" }, words));
  assert.deepEqual({}, faultsOf(FIELDS, { name: "Ada", email: "ada@example.com", order: "AB12", odd: "x" }, words));
});

const NOON = new Date(2026, 4, 5, 12).getTime();

test("days stand between, and one speaker's messages together until a pause", () => {
  const items = [
    utterance({ key: "a", at: NOON - 86_400_000 }),
    utterance({ key: "b", at: NOON }),
    utterance({ key: "c", at: NOON + 1000 }),
    note({ key: "d", at: null }),
    utterance({ key: "e", at: NOON + 2000 }),
    utterance({ key: "f", at: NOON + 600_000 }),
  ];
  const list = rows(items, "c").map((row) => [row.kind, row.first, row.last]);
  assert.deepEqual(["day", "message", "day", "message", "fresh", "message", "note", "message", "message"], list.map(([kind]) => kind));
  assert.deepEqual([["message", true, true], ["message", true, true]], list.slice(-2));
  const [one, two] = rows(items.slice(1, 3), null).slice(1);
  assert.deepEqual([true, false, false, true], [one.first, one.last, two.first, two.last]);
});

test("a day is today, yesterday, or its date", () => {
  const { day } = times("en");
  assert.equal("Today", day(NOON, NOON));
  assert.equal("Yesterday", day(NOON - 43_300_000, NOON));
  assert.equal("Sunday, May 3", day(NOON - 2 * 86_400_000, NOON));
  assert.equal("December 31, 2025", day(new Date(2025, 11, 31).getTime(), NOON));
  assert.equal("Gestern", times("de").day(NOON - 86_400_000, NOON));
});

test("the end says who has ended it", () => {
  const left = [note({ name: "Alex\u202e" })];
  assert.equal("You ended the chat.", over({ endedBy: "visitor", items: left }, words));
  assert.equal("Alex ended the chat.", over({ endedBy: "flex", items: left }, words));
  assert.equal("The chat has ended.", over({ endedBy: "flex", items: [] }, words));
  assert.equal(words.notOpened, over({ endedBy: "house", items: left }, words));
});

test("only what is new is read aloud, and each thing once", () => {
  const news = new News();
  const said = (...items) => news.lines({ items, phase: "open", ready: true }, words).map((line) => line.said);
  const [old, fresh] = [utterance({ text: "old" }), utterance({ text: "new" })];
  const mine = utterance({ mine: true, text: "hm", state: "sending" });
  assert.deepEqual([], said(old));
  assert.deepEqual(["Alex Rivera: new"], said(old, fresh, mine));
  assert.deepEqual(["Alex Rivera: new", "Not delivered: hm"], said(old, fresh, { ...mine, state: "failed" }));
  news.hush();
  assert.deepEqual([], said(old, fresh, { ...mine, state: "failed" }));
});

test("a text may have 32,000 bytes", () => {
  assert.equal(false, isTooLong("é".repeat(16_000)));
  assert.equal(true, isTooLong("é".repeat(16_001)));
});

test("initials are whole letters", () => {
  assert.equal("KM", initials("kim müller senior"));
  assert.equal("👍", initials("👍"));
});
