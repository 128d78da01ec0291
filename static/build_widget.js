// For the build: the widget, in two steps. The first file draws the launcher; the rest is loaded when it is needed.

import { build } from "esbuild";
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { styles } from "./styles.js";

/** @param {string} dist @param {import("esbuild").BuildOptions} options */
export async function buildWidget(dist, options) {
  const common = { ...options, plugins: [styles(options), contract] };
  const room = await buildRoom(`${dist}/widget`, common);
  const entryPoints = { widget: "static/widget/element.js" };
  await build({ ...common, entryPoints, outdir: dist, define: { ROOM: JSON.stringify(room) } });
  for (const file of [`${dist}/widget.js`, ...(await readdir(`${dist}/widget`)).map((name) => `${dist}/widget/${name}`)]) {
    if (file.endsWith(".js")) await compress(file);
  }
}

/**
 * The rest of the widget, in files that are named by their content.
 * @param {string} outdir @param {import("esbuild").BuildOptions} common @returns {Promise<string>} the name of the first
 */
async function buildRoom(outdir, common) {
  const room = "static/widget/room.js";
  const names = { entryNames: "[name]-[hash]", chunkNames: "[name]-[hash]" };
  const made = await build({ ...common, ...names, entryPoints: [room], outdir, splitting: true, metafile: true });
  const outputs = Object.entries(made.metafile?.outputs ?? {});
  const name = basename(outputs.find(([, { entryPoint }]) => entryPoint === room)?.[0] ?? "");
  // Pages that were opened before an update know an older name; they find the newest file under this one.
  await copyFile(`${outdir}/${name}`, `${outdir}/room.js`);
  return name;
}

/** What README says of the contract is not sent to browsers. @type {import("esbuild").Plugin} */
const contract = {
  name: "contract",
  setup(builder) {
    builder.onLoad({ filter: /widget\/contract\.js$/ }, async ({ path }) => {
      const whole = await readFile(path, "utf8");
      return { contents: whole.replace(/,( usual: "[^"]*",)? what: "[^"]*"/g, "") };
    });
  },
};

/** The server hands these out to browsers that take them. @param {string} file */
async function compress(file) {
  const whole = await readFile(file);
  await writeFile(`${file}.gz`, gzipSync(whole, { level: constants.Z_BEST_COMPRESSION }));
  await writeFile(`${file}.br`, brotliCompressSync(whole));
}
