// One connection to one namespace of a Socket.IO server, from its opening to its end: JSON events both ways, and
// acknowledgements. What the protocol has beyond that we do not use. https://socket.io/docs/v4/socket-io-protocol/

import { byPolling, byWebSocket } from "./lines.js";

const OPENING_MS = 8_000;
const LATE_MS = 7_000;
export const LOST = { ok: false, error: { code: "lost", message: "No answer came." } };

/**
 * @typedef {object} Ends
 * @property {() => Promise<object>} auth
 * @property {() => void} connected
 * @property {(name: string, payload: any) => void} heard
 * @property {() => void} alive told of every packet
 * @property {(code: string | undefined, message: string) => void} refused the server, or `auth`, says no; it is over
 * @property {() => void} closed it is over
 * @property {() => void} sentAway it is over, for the server will have another one in its place
 */

export class Link {
  /** How long the server is silent at most, in milliseconds, if all is well. */
  patience = 32_000;
  #address;
  #namespace;
  #ends;
  #line;
  #over = false;
  #opened = false;
  /** @type {Map<number, (answer: any) => void>} the asks that wait for their answers */
  #asked = new Map();
  #asks = 0;
  /** @type {ReturnType<typeof setTimeout>} */
  #opening;

  /** @param {string} server its origin @param {string} namespace @param {Ends} ends */
  constructor(server, namespace, ends) {
    this.#address = `${server}/socket.io/?EIO=4`;
    this.#namespace = namespace;
    this.#ends = ends;
    // WebSocket first: one round trip less, and no need for one server to see all of a connection's requests.
    this.#line = byWebSocket(this.#address, { heard: (packet) => this.#heard(packet), closed: () => this.#failed() });
    this.#opening = setTimeout(() => this.#failed(), OPENING_MS);
  }

  /** @param {string} name @param {unknown} payload @param {number} patience in milliseconds @returns {Promise<any>} or `LOST` */
  ask(name, payload, patience) {
    const id = this.#asks++;
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#answered(id, LOST), patience);
      this.#asked.set(id, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      this.#line.send(`42${this.#namespace},${id}${JSON.stringify([name, payload])}`);
    });
  }

  /** Nothing is told after this. */
  close() {
    this.#over = true;
    clearTimeout(this.#opening);
    this.#line.close();
    for (const id of [...this.#asked.keys()]) this.#answered(id, LOST);
  }

  /** The line is gone; one that never was may have been the wrong kind. */
  #failed() {
    if (this.#opened) return this.#end(this.#ends.closed);
    this.#opened = true;
    clearTimeout(this.#opening);
    this.#opening = setTimeout(() => this.#end(this.#ends.closed), OPENING_MS);
    this.#line.close();
    this.#line = byPolling(this.#address, {
      heard: (packet) => this.#heard(packet),
      closed: () => this.#end(this.#ends.closed),
    });
  }

  /** @param {() => void} tell */
  #end(tell) {
    if (this.#over) return;
    this.close();
    tell();
  }

  /** @param {number} id @param {any} answer */
  #answered(id, answer) {
    this.#asked.get(id)?.(answer);
    this.#asked.delete(id);
  }

  /** A packet of Engine.IO: the first letter is its kind. @param {string} packet */
  #heard(packet) {
    this.#ends.alive();
    const rest = packet.slice(1);
    if (packet[0] === "0") void this.#begin(JSON.parse(rest));
    else if (packet[0] === "1") this.#end(this.#ends.closed);
    else if (packet[0] === "2") this.#line.send(`3${rest}`);
    else if (packet[0] === "4") this.#told(rest);
  }

  /** @param {{pingInterval: number}} server */
  async #begin({ pingInterval }) {
    this.#opened = true;
    this.patience = pingInterval + LATE_MS;
    try {
      const auth = await this.#ends.auth();
      if (!this.#over) this.#line.send(`40${this.#namespace},${JSON.stringify(auth)}`);
    } catch (error) {
      this.#end(() => this.#ends.refused("bad_identity", String(error)));
    }
  }

  /** A packet of Socket.IO: kind, namespace, number, JSON. @param {string} packet */
  #told(packet) {
    const [, kind, id, json] = /^(\d)(?:\/[^,]*,)?(\d*)(.*)$/s.exec(packet) ?? [];
    const data = json ? JSON.parse(json) : undefined;
    if (kind === "0") {
      clearTimeout(this.#opening);
      this.#ends.connected();
    } else if (kind === "1") this.#end(this.#ends.sentAway);
    else if (kind === "2") this.#ends.heard(data[0], data[1]);
    else if (kind === "3") this.#answered(Number(id), data[0]);
    else if (kind === "4") this.#end(() => this.#ends.refused(data?.data?.code, data?.message));
  }
}
