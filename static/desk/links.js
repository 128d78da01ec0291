// Addresses in what people write. No DOM.

const ADDRESS = /\bhttps?:\/\/[^\s<>"']+/g;
const NOT_ITS_OWN = /[.,;:!?)\]}]+$/;

/**
 * @param {string} text
 * @returns {{text: string, link: boolean}[]} the text in pieces; a link is an `http(s)` address as it was written
 */
export function pieces(text) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(NOT_ITS_OWN, "");
    if (!URL.canParse(address)) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index), link: false });
    found.push({ text: address, link: true });
    from = match.index + address.length;
  }
  if (from < text.length || found.length === 0) found.push({ text: text.slice(from), link: false });
  return found;
}
