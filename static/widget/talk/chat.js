// What this tab knows of the visitor's chat: news and answers in, messages in order out. No DOM, no network.

/**
 * @typedef {{name: string | null}} Agent
 * @typedef {"visitor" | "agent" | "bot" | "system"} Author
 * @typedef {{seq: number, author: Author, name: string | null, text: string, at: number, status: string,
 *   ask_id: string | null, edited: null | "reworded" | "withdrawn"}} Message
 * @typedef {"visitor" | "flex" | "house" | null} Ender
 * @typedef {{id: string, state: string, ended_by: Ender, agent: Agent | null, opened_at: number}} Head
 * @typedef {{chat: Head, messages: Message[], unsettled: {seq: number, status: string}[], changed: Message[],
 *   more: boolean, reset: boolean, token?: string}} Opened
 * @typedef {{kind: "joined" | "left", name: string | null, after: number, at: number | null}} Coming
 */

const NEWS = /** @type {const} */ (["said", "status", "reworded", "withdrawn", "agent", "ended"]);

/** One visit, as far as it is known. */
export class Chat {
  /** @type {Head | null} */
  head = null;
  /** @type {Coming[]} who came and went, and behind which `seq` */
  comings = [];
  /** @type {Map<number, Message>} */
  #messages = new Map();
  /** @type {Map<number, string>} the status of messages whose acknowledgement is still on its way */
  #early = new Map();
  #now;

  /** @param {() => number} [now] milliseconds since the epoch */
  constructor(now = Date.now) {
    this.#now = now;
  }

  /** @returns {boolean} */
  get open() {
    return this.head?.state === "open";
  }

  /** @returns {boolean} */
  get over() {
    return this.head?.state === "ended";
  }

  /** @returns {Message[]} in order */
  get messages() {
    return [...this.#messages.values()].sort((a, b) => a.seq - b.seq);
  }

  /** @returns {number} up to this `seq` nothing is missing */
  get reach() {
    let seq = 0;
    while (this.#messages.has(seq + 1)) seq += 1;
    return seq;
  }

  /** @returns {boolean} whether messages are missing below one that is here */
  get hole() {
    return this.reach < this.#messages.size;
  }

  /** @param {string} ask_id */
  holds(ask_id) {
    return [...this.#messages.values()].some((message) => message.ask_id === ask_id);
  }

  /** News `opened`, and the answers to `open` and `resume`. @param {Opened} news */
  opened({ chat, messages, unsettled, changed, more, reset }) {
    const before = this.head?.id === chat.id ? this.head : null;
    if (!before || reset) this.forget();
    // An answer may be older than the news that overtook it; but an ended chat stays ended.
    this.head = before?.state === "ended" ? before : { ...chat };
    this.#settle(unsettled, messages[0]?.seq ?? Infinity);
    for (const message of changed) if (this.#messages.has(message.seq)) this.#messages.set(message.seq, message);
    this.#hear(messages);
    if (!more && this.open) this.#come(chat.agent, { after: this.reach, at: null });
  }

  /** @param {{chat: string, message: Message}} news */
  said({ chat, message }) {
    if (chat === this.head?.id) this.#hear([message]);
  }

  /**
   * The acknowledgement of what this tab said.
   * @param {{chat: string, seq: number, at: number}} answer @param {{ask_id: string, text: string}} entry
   */
  stored({ chat, seq, at }, { ask_id, text }) {
    if (chat !== this.head?.id || this.#messages.has(seq)) return;
    const status = this.#early.get(seq) ?? "sending";
    this.#messages.set(seq, { seq, author: "visitor", name: null, text, at, status, ask_id, edited: null });
  }

  /** @param {{chat: string, seq: number, status: string}} news */
  status({ chat, seq, status }) {
    if (chat === this.head?.id && !this.#change(seq, { status })) this.#early.set(seq, status);
  }

  /** @param {{chat: string, seq: number, text: string}} news */
  reworded({ chat, seq, text }) {
    if (chat === this.head?.id) this.#change(seq, { text, edited: "reworded" });
  }

  /** @param {{chat: string, seq: number}} news */
  withdrawn({ chat, seq }) {
    if (chat === this.head?.id) this.#change(seq, { text: "", edited: "withdrawn" });
  }

  /** @param {{chat: string, agent: Agent | null}} news */
  agent({ chat, agent }) {
    if (!this.head || chat !== this.head.id) return;
    this.head = { ...this.head, agent };
    if (this.open) this.#come(agent, { after: this.reach, at: this.#now() });
  }

  /** @param {{chat: string, by: Ender}} news */
  ended({ chat, by }) {
    if (this.head && chat === this.head.id) this.head = { ...this.head, state: "ended", ended_by: by };
  }

  forget() {
    this.head = null;
    this.comings = [];
    this.#messages.clear();
    this.#early.clear();
  }

  /** @param {number} seq @param {Partial<Message>} news @returns {boolean} whether the message is here */
  #change(seq, news) {
    const message = this.#messages.get(seq);
    if (message) this.#messages.set(seq, { ...message, ...news });
    return message !== undefined;
  }

  /**
   * What came before the news' first message is sent, but for what is listed.
   * @param {{seq: number, status: string}[]} unsettled @param {number} first
   */
  #settle(unsettled, first) {
    const listed = new Map(unsettled.map(({ seq, status }) => [seq, status]));
    for (const [seq, message] of this.#messages) {
      if (seq < first) this.#messages.set(seq, { ...message, status: listed.get(seq) ?? "sent" });
    }
  }

  /** @param {Message[]} messages */
  #hear(messages) {
    for (const message of messages) {
      this.#messages.set(message.seq, message);
      // After a reload nobody tells who joined when; the messages do.
      if (message.author === "agent") this.#come({ name: message.name }, { after: message.seq - 1, at: message.at });
    }
  }

  /** @param {Agent | null} agent @param {{after: number, at: number | null}} where */
  #come(agent, where) {
    const last = this.comings.at(-1);
    const inside = last?.kind === "joined" ? last : null;
    if (!agent && inside) this.comings.push({ kind: "left", name: inside.name, ...where });
    else if (agent && inside?.name === null) inside.name = agent.name;
    else if (agent && !(inside && (agent.name ?? inside.name) === inside.name)) {
      this.comings.push({ kind: "joined", name: agent.name, ...where });
    }
  }
}

/** @param {any} name @returns {name is typeof NEWS[number]} */
export function isNews(name) {
  return NEWS.includes(name);
}
