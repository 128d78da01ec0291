// The way to the server: one socket that always tries to be connected, asks with answers, news. No DOM.

import { io } from "/socket.io/socket.io.esm.js";

const NEWS = ["opened", "said", "status", "agent", "ended"];
const PATIENCE_MS = 10_000;
const PAUSE_MS = 1_000;
const LOST = { ok: false, error: { code: "lost", message: "No answer came." } };

/** A connection to the namespace `/chat`. */
export class Connection {
  #socket;

  /**
   * @param {object} to
   * @param {() => object} to.auth makes the `auth` of each new connection
   * @param {(name: string, payload: any) => void} to.heard told all news
   * @param {(connected: boolean) => void} to.changed told when the connection comes and goes
   * @param {() => void} to.badToken told that the server does not accept the token
   */
  constructor({ auth, heard, changed, badToken }) {
    // WebSocket first: one round trip less, and no need for one server to see all of a connection's requests.
    this.#socket = io("/chat", {
      auth: (give) => give(auth()),
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
      autoConnect: false,
    });
    for (const name of NEWS) this.#socket.on(name, (payload) => heard(name, payload));
    this.#socket.on("connect", () => changed(true));
    this.#socket.on("disconnect", (reason) => {
      changed(false);
      if (reason !== "io client disconnect") this.#persist(PAUSE_MS);
    });
    this.#socket.on("connect_error", (error) => {
      const bad = error.data?.code === "bad_token";
      if (bad) badToken();
      this.#persist(bad ? 0 : PAUSE_MS);
    });
    // The browser knows before the next attempt is due.
    window.addEventListener("online", () => this.#socket.connected || this.reconnect());
  }

  /** @returns {boolean} */
  get connected() {
    return this.#socket.connected;
  }

  start() {
    this.#socket.connect();
  }

  /** Connect anew, with the `auth` of now. */
  reconnect() {
    this.#socket.disconnect().connect();
  }

  /**
   * @param {string} name @param {object} payload
   * @returns {Promise<any>} the server's answer; `{ok: false}` with the code `lost` if none came
   */
  async ask(name, payload) {
    // A disconnected socket would keep the ask and send it at some later time; keeping is the outbox's work.
    if (!this.#socket.connected) return LOST;
    try {
      return await this.#socket.timeout(PATIENCE_MS).emitWithAck(name, payload);
    } catch {
      return LOST;
    }
  }

  /** Socket.IO reconnects after a broken line, but not after a server's no: that is left to us. */
  #persist(pause) {
    if (!this.#socket.active) setTimeout(() => this.#socket.connect(), pause);
  }
}
