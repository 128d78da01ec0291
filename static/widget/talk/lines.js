// The two ways to carry Engine.IO's packets, which are texts: a WebSocket, and long polling where something in between
// lets none through. https://socket.io/docs/v4/engine-io-protocol/

/**
 * @typedef {object} Line
 * @property {(packet: string) => void} send in order; lost if the line closes before
 * @property {() => void} close
 *
 * @typedef {object} Ends
 * @property {(packet: string) => void} heard
 * @property {() => void} closed told once, unless `close` was called
 */

const SEPARATOR = "\x1e";

/** @param {string} address of the server's `/socket.io/`, with `EIO` @param {Ends} ends @returns {Line} */
export function byWebSocket(address, { heard, closed }) {
  const socket = new WebSocket(`${address.replace(/^http/, "ws")}&transport=websocket`);
  socket.onmessage = ({ data }) => heard(data);
  socket.onclose = closed;
  return {
    send: (packet) => socket.readyState === WebSocket.OPEN && socket.send(packet),
    close() {
      socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}

/** @param {string} address @param {Ends} ends @returns {Line} */
export function byPolling(address, { heard, closed }) {
  const gone = new AbortController();
  /** @type {string[]} */
  const waiting = [];
  let place = `${address}&transport=polling`;
  let sending = false;

  /** @param {RequestInit} [how] */
  const fetched = async (how) => {
    const answer = await fetch(place, { signal: gone.signal, cache: "no-store", ...how });
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.text();
  };
  const over = () => {
    if (!gone.signal.aborted) closed();
    gone.abort();
  };
  const listen = async () => {
    while (!gone.signal.aborted) {
      for (const packet of (await fetched()).split(SEPARATOR)) {
        if (packet[0] === "0") place += `&sid=${JSON.parse(packet.slice(1)).sid}`;
        if (!gone.signal.aborted) heard(packet);
      }
    }
  };
  const carry = async () => {
    if (sending) return;
    sending = true;
    while (waiting.length > 0) await fetched({ method: "POST", body: waiting.splice(0).join(SEPARATOR) });
    sending = false;
  };
  listen().catch(over);
  return {
    send(packet) {
      waiting.push(packet);
      carry().catch(over);
    },
    close() {
      gone.abort();
      // The server need not wait for it until it gives up.
      if (place.includes("&sid=")) fetch(place, { method: "POST", body: "1", keepalive: true }).catch(() => {});
    },
  };
}
