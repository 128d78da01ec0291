// A talk that says what it is told to, so that every state of the panel can be shown at will.

const NOBODY_YET = {
  line: "online",
  phase: "new",
  endable: false,
  endedBy: null,
  agent: null,
  items: [],
  ready: true,
  unread: 0,
  firstUnread: null,
};

/** Keeps a record of what the panel asked for in `asked`. */
export class ScriptedTalk extends EventTarget {
  view = NOBODY_YET;
  asked = [];
  obeys = true;

  /** The view is now so. */
  show(change) {
    const view = { ...this.view, ...change };
    const known = view.items.some(({ mine, state }) => !mine || state === "sent");
    this.view = { ...view, endable: view.phase === "open" && known };
    this.dispatchEvent(new Event("change"));
  }

  /** The other side, or an earlier visit, says these. */
  add(...items) {
    this.show({ phase: "open", items: [...this.view.items, ...items] });
  }

  /** As `add`, and as new words that may ring. */
  hear(item) {
    this.add(item);
    this.dispatchEvent(new CustomEvent("heard", { detail: item }));
  }

  say(text) {
    this.asked.push(["say", text]);
    this.add(utterance({ text, mine: true, state: "sending" }));
  }

  again(key) {
    this.asked.push(["again", key]);
  }

  discard(key) {
    this.asked.push(["discard", key]);
    this.show({ items: this.view.items.filter((item) => item.key !== key) });
  }

  async end() {
    this.asked.push(["end"]);
    if (this.obeys) this.show({ phase: "ended", endedBy: "visitor", agent: null });
    return this.obeys;
  }

  renew() {
    this.asked.push(["renew"]);
    this.show(NOBODY_YET);
  }

  introduce(about) {
    this.asked.push(["introduce", about]);
  }

  looking(looking) {
    if (this.looks !== looking) this.asked.push(["looking", looking]);
    this.looks = looking;
  }

  transcript({ you }) {
    return `${you}: Hello\nAlex Rivera: Hi!\n`;
  }
}

let count = 0;

/** A message; what is not given is as it usually is. */
export function utterance(given) {
  count += 1;
  const author = given.mine ? "visitor" : "agent";
  const name = given.mine ? null : "Alex Rivera";
  const usual = { kind: "message", key: `said-${count}`, mine: false, author, name, at: Date.now(), state: "sent" };
  return { ...usual, refusal: null, edited: null, ...given };
}

/** Somebody came or went. */
export function note(given) {
  count += 1;
  return { kind: "joined", key: `note-${count}`, name: "Alex Rivera", text: "", at: Date.now(), ...given };
}
