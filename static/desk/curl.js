// A call or a webhook as a command to repeat it in a shell. No DOM.

const ON_ITS_OWN = new Set(["Content-Type", "User-Agent", "Accept"]);

/**
 * @param {import("./types.js").Entry} entry @param {string} origin of the simulator
 * @returns {string} credentials are left to the environment
 */
export function curl(entry, origin) {
  const rest = entry.kind === "rest";
  const address = rest ? origin + entry.path + query(entry.query) : entry.url;
  const fields = rest ? entry.form : entry.method === "POST" ? Object.entries(entry.fields) : [];
  const headers = Object.entries(entry.headers).filter(([name]) => !ON_ITS_OWN.has(name));
  const parts = [
    `curl -X ${entry.method} ${quoted(address)}`,
    ...(rest ? [`-u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN"`] : []),
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...fields.map(([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`),
  ];
  return parts.join(" \\\n  ");
}

/** @param {import("./types.js").Pairs} pairs */
const query = (pairs) => (pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : "");

/** @param {string} text @returns {string} one word to a shell, whatever is in it */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
