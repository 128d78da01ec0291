// How much a visitor's browser loads, as the server sends it to those that take gzip. `make build` comes before.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const DIST = new URL("../../static/dist/", import.meta.url);
const FIRST_KB = 6;
const ALL_KB = 30;

/** @returns {Promise<Map<string, number>>} the gzipped size of each file a page can load, in bytes */
async function sizes() {
  const rest = (await readdir(new URL("widget/", DIST))).filter((name) => /-[A-Z0-9]{8}\.js$/.test(name));
  const files = ["widget.js", ...rest.map((name) => `widget/${name}`)];
  const packed = async (name) => [name, gzipSync(await readFile(new URL(name, DIST)), { level: 9 }).length];
  return new Map(await Promise.all(files.map(packed)));
}

test(`the first file is ${FIRST_KB} KB at most, and with the rest and the longest language it is ${ALL_KB} KB`, async (context) => {
  const found = await sizes();
  const first = found.get("widget.js");
  const room = [...found].filter(([name]) => !/^widget\/[a-z]{2}-|^widget\.js$/.test(name)).reduce((sum, [, size]) => sum + size, 0);
  const languages = [...found].filter(([name]) => /^widget\/[a-z]{2}-/.test(name)).map(([, size]) => size);
  const all = first + room + Math.max(...languages);
  for (const [name, size] of found) context.diagnostic(`${name}: ${size} bytes`);
  context.diagnostic(`first ${first}, all that one visitor loads ${all}, with every language ${first + room + languages.reduce((a, b) => a + b)}`);
  assert.ok(languages.length === 6 && room > 0, "the build is whole");
  assert.ok(first <= FIRST_KB * 1024, `${first} bytes`);
  assert.ok(all <= ALL_KB * 1024, `${all} bytes`);
});

test("the first file waits for no other", async () => {
  const text = await readFile(new URL("widget.js", DIST), "utf8");
  assert.doesNotMatch(text, /\bimport\s*[{*"']|\bfrom\s*["']/);
});

test("what is only for README is not sent", async () => {
  const text = await readFile(new URL("widget.js", DIST), "utf8");
  assert.doesNotMatch(text, /A CSS colour|what:/);
});
