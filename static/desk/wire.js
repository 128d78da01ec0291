// The log of what goes over the wire, to watch and to unfold.

import { at, followed, made } from "./fill.js";
import { concerns, lesson, route } from "./lessons.js";

const KEPT = 300;
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** The right side of the desk. */
export class Wire {
  /** @type {{entry: any, element: HTMLElement}[]} */
  #lines = [];
  #newest = 0;
  #channel = "";
  #toNewest = followed(at("entries"));

  constructor() {
    at("only").addEventListener("change", () => this.#filter());
  }

  /** @param {any} entry the same entry may come again after a reconnection */
  add(entry) {
    if (entry.n <= this.#newest) return;
    this.#newest = entry.n;
    const line = { entry, element: drawn(entry) };
    this.#lines.push(line);
    at("wire").append(line.element);
    if (this.#lines.length > KEPT) this.#lines.shift().element.remove();
    at("no-entries").hidden = true;
    this.#mark(line);
    this.#toNewest();
  }

  /** The connection is new, and so may be the simulator, which then counts from 1 again. */
  restart() {
    this.#newest = 0;
    this.#lines = [];
    at("wire").replaceChildren();
    at("no-entries").hidden = false;
  }

  /** @param {string} channel the sid of the chosen chat's channel, or "" */
  choose(channel) {
    if (channel === this.#channel) return;
    this.#channel = channel;
    this.#filter();
  }

  #filter() {
    this.#lines.forEach((line) => this.#mark(line));
    this.#toNewest();
  }

  #mark({ entry, element }) {
    const ours = this.#channel !== "" && concerns(entry, this.#channel);
    element.hidden = at("only").checked && this.#channel !== "" && !ours;
    element.classList.toggle("ours", ours);
  }
}

function drawn(entry) {
  const line = made("li", entry.kind);
  const fold = made("details");
  const good = entry.status >= 200 && entry.status < 400;
  const first = made("span", "wire-first");
  first.append(made("span", `way ${entry.kind}`, entry.kind === "rest" ? "REST" : "Webhook"), made("span", "lesson", lesson(entry)));
  const second = made("span", "wire-second");
  const answer = made("span", good ? "status good" : "status bad", String(entry.status ?? "no answer"));
  second.append(made("span", "route", route(entry)), answer, made("span", "ms", `${Math.round(entry.ms)} ms`));
  const summary = made("summary");
  summary.append(first, second);
  fold.append(summary);
  // Most lines are never unfolded: what they carry is drawn when they are.
  fold.addEventListener("toggle", () => fold.children.length === 1 && fold.append(...contents(entry)));
  line.append(fold);
  return line;
}

function contents(entry) {
  const at = made("p", "at", TIME.format(new Date(entry.at)));
  if (entry.attempt > 0) at.append(` · try ${entry.attempt + 1}`);
  if (entry.error || entry.fault) at.append(` · ${[entry.error, entry.fault].filter(Boolean).join(" · ")}`);
  if (entry.kind === "webhook") return [at, ...table(new URL(entry.url).pathname, entry.fields)];
  const { headers, params, response } = entry;
  return [at, ...table("Headers", headers), ...table("Parameters", params), ...table("Answer", response)];
}

function table(title, values) {
  const rows = Object.entries(values ?? {});
  if (rows.length === 0) return [];
  const list = made("dl");
  for (const [name, value] of rows) list.append(made("dt", "", name), made("dd", "", readable(value)));
  return [made("h4", "", title), list];
}

function readable(value) {
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
