// README tells of the contract what `static/widget/contract.js` says, word for word.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { ATTRIBUTES, EVENTS, METHODS, PARTS, PROPERTIES, STORAGE, STYLES } from "../../static/widget/contract.js";

const README = await readFile(new URL("../../README.md", import.meta.url), "utf8");

/** README's tables, as the code knows them. */
function tables() {
  return [
    table(["attribute", "usually", "what it is"], ATTRIBUTES.map((one) => [code(one.name), usual(one), one.what])),
    table(["property", "what it is"], [["each attribute, in camelCase", "As the attribute; `fields` and `words` take the value itself"], ...PROPERTIES.map(row)]),
    table(["method", "what it does"], METHODS.map(row)),
    table(["event", "`detail`", "when"], EVENTS.map((one) => [code(one.name), one.detail, one.what])),
    table(["CSS custom property", "usually", "what it is"], STYLES.map((one) => [code(one.name), one.usual, one.what])),
    `Parts, for \`flex-chat::part(…)\`: ${PARTS.map(code).join(", ")}.`,
    table(["kept in the browser", "what it is"], STORAGE.map(row)),
  ].join("\n\n");
}

const code = (name) => `\`${name}\``;
const row = ({ name, what }) => [code(name), what];

function usual({ kind, choices, usual }) {
  if (kind === "flag") return "absent";
  return choices ? choices.map(code).join(", or ") : usual;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

test("README's tables of the contract are the contract", () => {
  const [, found] = /<!-- contract -->\n(.*?)\n?<!-- \/contract -->/s.exec(README) ?? [];
  assert.equal(found, tables());
});
