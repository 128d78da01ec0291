// What this tab knows of the visitor's chat: news and answers in, messages in order out. No DOM, no network.

/**
 * @typedef {{name: string | null}} Agent
 * @typedef {{seq: number, author: string, name: string | null, text: string, at: number, status: string,
 *   ask_id: string | null}} Message
 * @typedef {{id: string, state: string, ended_by: string | null, agent: Agent | null, opened_at: number}} Head
 * @typedef {{chat: Head, messages: Message[], unsettled: {seq: number, status: string}[], more: boolean,
 *   reset: boolean}} Opened
 * @typedef {{kind: "joined" | "left", name: string | null, after: number}} Note
 */

/** One visit, as far as it is known. */
export class Chat {
  /** @type {Head | null} */
  head = null;
  /** @type {Note[]} who came and went, and behind which `seq` */
  notes = [];
  /** @type {Map<number, Message>} */
  #messages = new Map();
  /** @type {Map<number, string>} the status of messages whose acknowledgement is still on its way */
  #early = new Map();

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
    return this.messages.some((message) => message.ask_id === ask_id);
  }

  /** News `opened`, and the answers to `open` and `resume`. @param {Opened} news */
  opened({ chat, messages, unsettled, more, reset }) {
    const same = this.head?.id === chat.id;
    if (!same || reset) this.forget();
    // An answer may be older than the news that overtook it; but an ended chat stays ended.
    this.head = same && this.over ? this.head : { ...chat };
    this.#settle(unsettled, messages[0]?.seq ?? Infinity);
    this.#hear(messages);
    if (!more && this.open) this.#note(chat.agent, this.reach);
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
    this.#messages.set(seq, { seq, author: "visitor", name: null, text, at, status, ask_id });
  }

  /** @param {{chat: string, seq: number, status: string}} news */
  status({ chat, seq, status }) {
    if (chat !== this.head?.id) return;
    const message = this.#messages.get(seq);
    if (message) this.#messages.set(seq, { ...message, status });
    else this.#early.set(seq, status);
  }

  /** @param {{chat: string, agent: Agent | null}} news */
  agent({ chat, agent }) {
    if (chat !== this.head?.id) return;
    this.head = { ...this.head, agent };
    if (this.open) this.#note(agent, this.reach);
  }

  /** @param {{chat: string, by: string | null}} news */
  ended({ chat, by }) {
    if (chat === this.head?.id) this.head = { ...this.head, state: "ended", ended_by: by };
  }

  forget() {
    this.head = null;
    this.notes = [];
    this.#messages.clear();
    this.#early.clear();
  }

  /** What came before the news' first message is sent, but for what is listed. */
  #settle(unsettled, first) {
    const listed = new Map(unsettled.map(({ seq, status }) => [seq, status]));
    for (const message of this.messages) {
      if (message.seq >= first) return;
      const status = listed.get(message.seq) ?? "sent";
      this.#messages.set(message.seq, { ...message, status });
    }
  }

  /** @param {Message[]} messages */
  #hear(messages) {
    for (const message of messages) {
      this.#messages.set(message.seq, message);
      // After a reload nobody tells who joined when; the messages do.
      if (message.author === "agent") this.#note({ name: message.name }, message.seq - 1);
    }
  }

  /** @param {Agent | null} agent @param {number} after */
  #note(agent, after) {
    const last = this.notes.at(-1);
    const inside = last?.kind === "joined";
    if (!agent && inside) this.notes.push({ kind: "left", name: last.name, after });
    else if (agent && inside && last.name === null) last.name = agent.name;
    else if (agent && !(inside && (agent.name ?? last.name) === last.name)) {
      this.notes.push({ kind: "joined", name: agent.name, after });
    }
  }
}
