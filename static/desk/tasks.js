// The task list: who waits, who is being helped, who was.

import { at, fill, initials, made } from "./fill.js";

const GROUPS = {
  waiting: ["pending", "reserved"],
  active: ["assigned"],
  wrapping: ["wrapping"],
  done: ["completed", "canceled"],
};
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** @param {string} status of a task @returns {string | undefined} its group */
export function groupOf(status) {
  return Object.keys(GROUPS).find((group) => GROUPS[group].includes(status));
}

/**
 * @param {import("./api.js").Task} task
 * @returns {string} the visitor's name; the task's own also tells chats apart, and is long
 */
export function nameOf(task) {
  return task.attributes.customerName || task.name || "Visitor";
}

/** The list; `choose` and `accept` are told the task's sid. */
export class Tasks {
  #deeds;
  /** @type {Map<string, number>} how many of a task's messages the agent has seen */
  #seen = new Map();

  /** @param {{choose: (sid: string) => void, accept: (sid: string) => void}} deeds */
  constructor(deeds) {
    this.#deeds = deeds;
  }

  /** @param {import("./api.js").State} state @param {string | null} chosen */
  show({ tasks, channels }, chosen) {
    at("no-tasks").hidden = tasks.length > 0;
    for (const group of Object.keys(GROUPS)) {
      const members = tasks.filter((task) => groupOf(task.status) === group);
      const items = members.map((task) => this.#item(task, channels[task.channel_sid], chosen));
      if (group !== "waiting") items.reverse();
      at(group).hidden = items.length === 0;
      fill(at(group).querySelector("ul"), items, (element, item) => this.#draw(element, item));
    }
    const waiting = tasks.filter((task) => groupOf(task.status) === "waiting").length;
    document.title = waiting > 0 ? `(${waiting}) Agents' desk` : "Agents' desk";
  }

  #item(task, channel, chosen) {
    const messages = channel?.messages ?? [];
    if (task.sid === chosen || groupOf(task.status) === "done") this.#seen.set(task.sid, messages.length);
    const unseen = messages.slice(this.#seen.get(task.sid) ?? 0).filter((message) => message.kind === "customer").length;
    return {
      key: task.sid,
      name: nameOf(task),
      group: groupOf(task.status),
      last: messages.at(-1)?.body ?? "",
      when: messages.at(-1)?.date_created ?? task.date_created,
      unseen,
      chosen: task.sid === chosen,
    };
  }

  #draw(element, { key, name, group, last, when, unseen, chosen }) {
    const card = made("button", "task");
    card.type = "button";
    card.setAttribute("aria-current", String(chosen));
    const avatar = made("span", "avatar visitor", initials(name));
    avatar.ariaHidden = "true";
    const time = made("span", "task-time", TIME.format(new Date(when)));
    card.append(avatar, made("span", "task-name", name), time, made("span", "task-last", last));
    if (unseen > 0) card.append(badge(unseen));
    card.addEventListener("click", () => this.#deeds.choose(key));
    element.className = group;
    element.replaceChildren(card);
    if (group === "waiting") element.append(this.#accept(key, name));
  }

  #accept(key, name) {
    const button = made("button", "main", "Accept");
    button.type = "button";
    button.setAttribute("aria-label", `Accept ${name}`);
    button.addEventListener("click", () => this.#deeds.accept(key));
    return button;
  }
}

function badge(count) {
  const badge = made("span", "badge", String(count));
  badge.append(made("span", "unseen", " new"));
  return badge;
}
