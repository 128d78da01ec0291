// What somebody wrote, made fit to be shown: no DOM, no markup.

/** Scripts written without spaces: the sentence may go on right behind a link, unless the link itself begins in them. */
const UNSPACED = "\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Han}\\u3000-\\u303f\\uff00-\\uffef";
const ADDRESS = `(?:https?://|www\\.|mailto:)(?:[^\\s<>"\`${UNSPACED}]+|[^\\s<>"\`]+)`;
const MAIL = `(?:(?![${UNSPACED}])[\\p{L}\\d._%+-])+@[\\p{L}\\d-]+(?:\\.[\\p{L}\\d-]+)*\\.(?:\\p{scx=Latin}{2,}|\\p{L}{2,})`;
const LINK = new RegExp(`\\b${ADDRESS}|${MAIL}`, "giu");
const TAIL = /[.,;:!?'"”’»…。、，！？]+$/u;
/** Embeddings, overrides and isolates: they can make a line read other than it is. Marks (LRM, RLM) only help, and stay. */
const BIDI = /[\u202a-\u202e\u2066-\u2069]/g;
const EMOJI = /^(?:[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d\ufe0f\u20e3\s]|[\u{e0020}-\u{e007f}])+$/u;
const MOST_EMOJI = 24;

/** @typedef {{href: string, shown: string}} Link */

/** The text without what could turn it around. @param {string} text */
export function plain(text) {
  return text.replace(BIDI, "");
}

/** Whether the text is a few emoji and nothing else. @param {string} text */
export function isEmoji(text) {
  return text.length <= MOST_EMOJI && text.trim() !== "" && EMOJI.test(text);
}

/** The text in pieces: what is said, and links that are safe to follow. @param {string} text @returns {(string | Link)[]} */
export function pieces(text) {
  /** @type {(string | Link)[]} */
  const all = [];
  const clean = plain(text);
  let end = 0;
  for (const { 0: match, index } of clean.matchAll(LINK)) {
    const found = trimmed(match);
    const link = linked(found);
    if (!link || index < end) continue;
    all.push(clean.slice(end, index), link);
    end = index + found.length;
  }
  return [...all, clean.slice(end)].filter((piece) => piece !== "");
}

/** The sentence's own full stop and bracket are no part of its link. @param {string} match */
function trimmed(match) {
  let link = match.replace(TAIL, "");
  while (/[)\]}）」]$/.test(link) && link.split(/[)\]}）」]/).length > link.split(/[([{（「]/).length) {
    link = link.slice(0, -1).replace(TAIL, "");
  }
  return link;
}

/** @param {string} found @returns {Link | null} */
function linked(found) {
  const address = /^(?:https?|mailto):/i.test(found) ? found : found.startsWith("www.") ? `https://${found}` : `mailto:${found}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  // A name before the host serves to make one site look like another: https://bank.example@elsewhere.example
  if (!url || !["http:", "https:", "mailto:"].includes(url.protocol) || url.username || url.password) return null;
  // A host in foreign letters is shown as it is looked up (xn--…): only then can look-alikes be told apart.
  const honest = url.protocol === "mailto:" || /^[\x20-\x7e]*$/.test(found) || found.includes(url.host);
  return { href: url.href, shown: honest ? found : url.href };
}

/** The address, if a link may lead there: nothing that would run in the page. @param {string} address */
export function allowed(address) {
  const url = address && URL.canParse(address, globalThis.location?.href) ? new URL(address, globalThis.location?.href) : null;
  return url && ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
}
