// The desk's log of the wire, without DOM and network: `node --test tests/browser/`.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import { curl } from "../../static/desk/curl.js";
import { concerns, good, lesson, route, why } from "../../static/desk/lessons.js";
import { FAULTS, active, faultName, mood, settingOf, struck, switched } from "../../static/desk/mischief.js";
import { chapters } from "../../static/desk/story.js";
import { Wire, filtered, readable } from "../../static/desk/wire.js";

const CH = `CH${"0".repeat(32)}`;
const AT = Date.parse("2026-05-04T10:00:00.000Z");
const ALL = { way: "all", mine: false, failed: false, text: "" };

const call = (n, method, path, more = {}) => {
  const sent = { n, kind: "rest", at: new Date(AT + n * 100).toISOString(), method, path, query: [], form: [], params: {}, headers: {} };
  return { ...sent, answered: {}, status: 200, response: null, ms: 1, fault: null, ...more };
};
const hook = (n, EventType, more = {}) => {
  const { fields, ...rest } = more;
  const sent = { n, kind: "webhook", at: new Date(AT + n * 100).toISOString(), method: "POST", url: "http://m.example/new-message", token: `t${n}` };
  return { ...sent, fields: { EventType, ConversationSid: CH, ...fields }, headers: {}, status: 200, response: "", attempt: 0, ms: 1, error: null, fault: null, ...rest };
};
const linesOf = (...entries) => {
  const wire = new Wire();
  entries.forEach((entry) => wire.add(entry));
  return wire.lines;
};
const mischief = (...rules) => ({ on: rules.length > 0, preset: null, made: {}, rules: rules.map((rule) => ({ chance: 1, count: null, made: 0, ...rule })) });

test("an entry that comes again after a reconnection is one", () => {
  assert.equal(1, linesOf(call(1, "GET", "/v1/x"), call(1, "GET", "/v1/x")).length);
});

test("all deliveries of a webhook are one line, which shows the last of them", () => {
  const lines = linesOf(hook(1, "onMessageAdded", { token: "a", status: 503 }), call(2, "GET", "/v1/x"), hook(3, "onMessageAdded", { token: "a", attempt: 1 }));
  assert.deepEqual([["webhook", 200, 2], ["rest", 200, 1]], lines.map(({ entry, all }) => [entry.kind, entry.status, all.length]));
});

test("the same webhook at two addresses is two lines", () => {
  assert.equal(2, linesOf(hook(1, "x", { token: "a" }), hook(2, "x", { token: "a", url: "http://other.example/" })).length);
});

test("the log stays bounded, also during a pause", () => {
  const wire = new Wire();
  for (let n = 1; n <= 700; n += 1) wire.add(call(n, "GET", "/v1/x"));
  assert.deepEqual([500, 700], [wire.lines.length, wire.lines.at(-1).entry.n]);
  wire.pause();
  for (let n = 701; n <= 1400; n += 1) wire.add(call(n, "GET", "/v1/x"));
  assert.deepEqual([500, 700], [wire.held, wire.lines.at(-1).entry.n]);
});

test("what came during a pause is there after it; what was cleared stays away after a reconnection", () => {
  const wire = new Wire();
  wire.add(call(1, "GET", "/v1/x"));
  wire.pause();
  wire.add(call(2, "GET", "/v1/x"));
  assert.deepEqual([1, 1], [wire.lines.length, wire.held]);
  wire.pause();
  assert.deepEqual([2, 0], [wire.lines.length, wire.held]);
  wire.clear();
  assert.equal(false, wire.add(call(2, "GET", "/v1/x")));
  assert.equal(0, wire.lines.length);
});

test("another simulator counts from one again", () => {
  const wire = new Wire();
  wire.add(call(7, "GET", "/v1/x"));
  wire.restart();
  assert.equal(true, wire.add(call(1, "GET", "/v1/x")));
});

test("the filter lets through one way, one chat, what failed, and what is searched for", () => {
  const lines = linesOf(
    call(1, "POST", `/v1/Conversations/${CH}/Messages`, { params: { Body: "Brake" } }),
    call(2, "GET", "/v1/Workspaces/WS0/Workers", { status: 503 }),
    hook(3, "onMessageAdded", { fields: { Body: "Other" } }),
    hook(4, "onMessageAdded", { fields: { ConversationSid: "CH1" }, fault: "repeat" }),
  );
  const numbers = (change, channel = "") => filtered(lines, { ...ALL, ...change }, channel).map(({ entry }) => entry.n);
  assert.deepEqual([1, 2, 3, 4], numbers({}));
  assert.deepEqual([1, 2], numbers({ way: "rest" }));
  assert.deepEqual([3, 4], numbers({ way: "webhook" }));
  assert.deepEqual([1, 3], numbers({ mine: true }, CH));
  assert.deepEqual([1, 2, 3, 4], numbers({ mine: true }));
  assert.deepEqual([2, 4], numbers({ failed: true }));
  assert.deepEqual([1], numbers({ text: " brake " }));
  assert.deepEqual([2], numbers({ text: "503" }));
});

test("a webhook that failed once is among the failed though its second try worked", () => {
  const lines = linesOf(hook(1, "x", { token: "a", status: 503 }), hook(2, "x", { token: "a", attempt: 1 }));
  assert.equal(1, filtered(lines, { ...ALL, failed: true }, "").length);
});

test("both back ends' ends are recognised, and nothing else is taken for one", () => {
  const inactive = { Attributes: '{"status": "INACTIVE"}' };
  assert.equal("Marks the chat as ended", lesson(call(1, "POST", `/v2/Services/IS1/Channels/${CH}`, { params: inactive })));
  assert.equal("The chat has ended", lesson(hook(1, "onChannelUpdated", { fields: inactive })));
  assert.equal("The chat has ended", lesson(hook(1, "onConversationStateUpdated", { fields: { StateTo: "closed" } })));
  assert.equal("The conversation changed its state", lesson(hook(1, "onConversationStateUpdated", { fields: { StateTo: "inactive" } })));
  assert.equal("The agent wrote a message", lesson(hook(1, "onMessageSent", { fields: { Source: "SDK", ...inactive } })));
});

test("what nobody has foreseen has words too", () => {
  assert.deepEqual(["A call to Twilio", ""], [lesson(call(1, "PATCH", "/v9/Odd")), why(call(1, "PATCH", "/v9/Odd"))]);
  assert.equal("Something happened", lesson(hook(1, "onMoonrise")));
});

test("a route is short and still says where", () => {
  assert.equal("POST …/Channels/CH…/Messages", route(call(1, "POST", `/v2/Services/IS${"0".repeat(32)}/Channels/${CH}/Messages`)));
  assert.equal("POST /new-message · onMessageAdded", route(hook(1, "onMessageAdded")));
});

test("a call is about a channel by its path, what it carries or what came back", () => {
  assert.equal(true, concerns(call(1, "GET", `/v1/Conversations/${CH}`), CH));
  assert.equal(true, concerns(call(1, "POST", "/v2/WebChats", { response: { conversation_sid: CH } }), CH));
  assert.equal(false, concerns(call(1, "POST", "/v2/WebChats", { response: null }), CH));
});

test("only an answer between 200 and 399 is good", () => {
  assert.deepEqual([true, true, false, false, false], [200, 304, 404, 503, null].map((status) => good({ status })));
});

test("chapters begin with a pause, with the agent's words, and with the visitor's next ones", () => {
  const lines = linesOf(
    call(1, "POST", "/v2/WebChats"),
    call(2, "POST", `/v1/Conversations/${CH}/Messages`),
    hook(3, "onMessageAdded", { fields: { Source: "API" } }),
    hook(4, "onMessageAdded", { fields: { Source: "SDK" } }),
    hook(30, "onParticipantAdded"),
    call(60, "GET", `/v1/Conversations/${CH}/Messages`),
    call(90, "POST", `/v1/Conversations/${CH}/Messages`),
    hook(91, "onMessageAdded", { fields: { Source: "API" } }),
    call(92, "POST", `/v1/Conversations/${CH}/Messages`),
    hook(120, "onConversationStateUpdated", { fields: { StateTo: "closed" } }),
  );
  const titles = ["A visitor begins a chat", "The agent writes", "An agent takes the chat", "The middleware looks whether it has missed anything"];
  assert.deepEqual([...titles, "The visitor writes", "The visitor writes", "The chat ends"], chapters(lines).map(({ title }) => title));
});

test("JSON within a text is laid out, and what only looks like it is left alone", () => {
  assert.equal('{\n  "a": 1\n}', readable('{"a":1}'));
  assert.equal("[sic", readable("[sic"));
});

test("a copied command sends exactly what was sent, whatever a visitor wrote", () => {
  const body = `it's "quoted" $(whoami) \`id\` & more\nnext`;
  const command = curl(call(1, "POST", "/v1/x", { form: [["Body", body], ["From", "vera"]], headers: { "X-Twilio-Webhook-Enabled": "true" } }), "http://desk.example");
  const seen = execFileSync("sh", ["-c", `curl() { for one in "$@"; do printf '%s\\0' "$one"; done; }\n${command}`], { encoding: "utf8", env: { TWILIO_ACCOUNT_SID: "AC", TWILIO_AUTH_TOKEN: "t" } });
  const expected = ["-X", "POST", "http://desk.example/v1/x", "-u", "AC:t", "-H", "X-Twilio-Webhook-Enabled: true"];
  assert.deepEqual([...expected, "--data-urlencode", `Body=${body}`, "--data-urlencode", "From=vera"], seen.split("\0").slice(0, -1));
});

test("a webhook's command carries its signature, and no credentials", () => {
  const command = curl(hook(1, "x", { headers: { "X-Twilio-Signature": "abc=", Accept: "*/*" } }), "http://desk.example");
  assert.match(command, /-H 'X-Twilio-Signature: abc='/);
  assert.doesNotMatch(command, /AUTH_TOKEN|Accept/);
});

test("a switch changes its own fault only", () => {
  const now = mischief({ fault: "late", chance: 0.2 }, { fault: "lose" });
  const lose = FAULTS[1].faults.find(({ fault }) => fault === "lose");
  assert.deepEqual(["late"], switched(now, lose, "off").map(({ fault }) => fault));
  assert.deepEqual([["late", 0.2, null], ["lose", 1, 1]], switched(now, lose, "once").map(({ fault, chance, count }) => [fault, chance, count]));
});

test("what is switched so is shown so, until it is used up", () => {
  for (const fault of FAULTS.flatMap(({ faults }) => faults)) {
    for (const setting of ["off", "once", "sometimes", "always"]) {
      assert.equal(setting, settingOf(mischief(...switched(mischief(), fault, setting)), fault.fault));
    }
  }
  const spent = mischief({ fault: "lose", count: 1, made: 1 });
  assert.deepEqual(["off", false, "Calm"], [settingOf(spent, "lose"), active(spent), mood(spent)]);
});

test("the mood has a name", () => {
  assert.equal("Calm", mood(mischief()));
  assert.equal("Wild", mood({ ...mischief({ fault: "late" }), preset: "wild" }));
  assert.equal("Some mischief", mood(mischief({ fault: "late" })));
  assert.equal(3, struck({ ...mischief(), made: { late: 1, lose: 2 } }));
  assert.equal("Slow answers + Line cut, yet done", faultName("late, reset_after"));
});
