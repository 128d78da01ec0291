// Mischief in plain words, and what a switch at the desk makes of the plan. No DOM.

/** @typedef {import("./types.js").Rule} Rule @typedef {import("./types.js").Mischief} Mischief */
/** @typedef {"off" | "once" | "sometimes" | "always"} Setting */

/**
 * @typedef {{fault: string, name: string, what: string, measures: Partial<Rule>}} Fault
 * @type {{title: string, about: string, faults: Fault[]}[]}
 */
export const FAULTS = [
  {
    title: "When the middleware calls Twilio",
    about: "A message is never given up for these: the middleware waits, looks whether it had arrived, and sends it again.",
    faults: [
      fault("late", "Slow answers", "The request works at once, but its answer takes one to three seconds.", { seconds: [1, 3] }),
      fault("too_many", "Too many requests", "429: not processed, try again in a second.", { retry_after: 1 }),
      fault("error_before", "Error, nothing done", "503, and the request has had no effect."),
      fault("error_after", "Error, yet done", "503, although the request has had its effect: sending again would say it twice."),
      fault("reset_before", "Line cut, nothing done", "The connection breaks before the request is processed."),
      fault("reset_after", "Line cut, yet done", "The request is processed, and the connection breaks before the answer."),
      fault("half_body", "Half an answer", "The right status, then the connection ends in the middle of the body."),
      fault("broken_json", "Garbled answer", "The right status, and JSON that lacks its end."),
      fault("unauthorized", "Wrong credentials", "401: what a wrong auth token looks like. Visitors are told “not delivered” in the end."),
      fault("not_found", "Not found", "404, as if the channel were gone. Visitors are told “not delivered” in the end."),
    ],
  },
  {
    title: "When Twilio calls the middleware",
    about: "Webhooks promise little; the middleware puts them in order by their Index, and fetches what is missing.",
    faults: [
      fault("repeat", "Webhook twice", "The same webhook comes twice at once, with the same idempotency token."),
      fault("delay", "Webhook late", "It comes one to three seconds later; those after it overtake it.", { seconds: [1, 3] }),
      fault("shuffle", "Webhooks out of order", "What happens within two seconds comes all at once, in any order.", { seconds: [2, 2] }),
      fault("lose", "Webhook lost", "It never comes. The middleware finds the message in Twilio's own list."),
      fault("replay", "Webhook again later", "It comes as usual, and once more after five seconds.", { seconds: [5, 5] }),
    ],
  },
];

/** @type {[string, string, string][]} the preset (or none), its name, and what it is */
export const MOODS = [
  ["", "Calm", "Everything answers as it should."],
  ["mild", "Mild", "A bad day: some answers are late, a few requests are turned away, webhooks come late or twice."],
  ["wild", "Wild", "A bad week: connections break, answers are garbled, webhooks are lost, doubled and shuffled."],
];

/** @type {[Setting, string][]} */
export const SETTINGS = [
  ["off", "Off"],
  ["once", "Next one"],
  ["sometimes", "Sometimes"],
  ["always", "Always"],
];

const SOMETIMES = 0.25;

/** @param {Mischief} mischief @param {string} fault @returns {Setting} how the fault is switched now */
export function settingOf(mischief, fault) {
  const rules = mischief.rules.filter((rule) => rule.fault === fault && !usedUp(rule));
  if (rules.length === 0) return "off";
  if (rules.every((rule) => rule.count !== null)) return "once";
  return rules.some((rule) => rule.chance >= 1 && rule.count === null) ? "always" : "sometimes";
}

/** @param {Mischief} mischief @param {Fault} fault @param {Setting} setting @returns {Rule[]} the plan with this fault switched so */
export function switched(mischief, fault, setting) {
  const others = mischief.rules.filter((rule) => rule.fault !== fault.fault && !usedUp(rule)).map(({ made: _, ...rule }) => rule);
  if (setting === "off") return others;
  const chance = setting === "sometimes" ? SOMETIMES : 1;
  return [...others, { ...USUAL, ...fault.measures, fault: fault.fault, chance, count: setting === "once" ? 1 : null }];
}

/** @param {Mischief} mischief @returns {string} the mood in a word or two, for the head of the desk */
export function mood(mischief) {
  const named = MOODS.find(([preset]) => preset === (mischief.preset ?? ""));
  if (!active(mischief)) return "Calm";
  return mischief.preset && named ? named[1] : "Some mischief";
}

/** @param {Mischief} mischief @returns {boolean} whether anything can still go wrong */
export const active = (mischief) => mischief.rules.some((rule) => !usedUp(rule) && rule.chance > 0);

/** @param {Mischief} mischief @returns {number} how often any fault has struck since it was switched on */
export const struck = (mischief) => Object.values(mischief.made).reduce((sum, made) => sum + made, 0);

/** @param {string} name @returns {string} a fault of the wire log in words; several are told with commas */
export function faultName(name) {
  const all = FAULTS.flatMap(({ faults }) => faults);
  return name.split(", ").map((one) => all.find((fault) => fault.fault === one)?.name ?? one).join(" + ");
}

/** @type {Omit<Rule, "fault">} */
const USUAL = { chance: 1, route: "", count: null, seconds: [0.1, 1], status: 503, retry_after: null, copies: [1, 1] };

/** @param {Rule & {made: number}} rule */
const usedUp = (rule) => rule.count !== null && rule.made >= rule.count;

/** @param {string} fault @param {string} name @param {string} what @param {Partial<Rule>} [measures] @returns {Fault} */
function fault(fault, name, what, measures = {}) {
  return { fault, name, what, measures };
}
