// For the build: the agents' desk, a page of its own, which the simulator serves.

import { build } from "esbuild";
import { copyFile } from "node:fs/promises";

/** @param {string} dist @param {import("esbuild").BuildOptions} options */
export async function buildDesk(dist, options) {
  await build({
    ...options,
    entryPoints: ["static/desk/desk.js", "static/desk/desk.css"],
    outdir: `${dist}/desk`,
    define: { "process.env.NODE_ENV": '"production"' },
  });
  for (const name of ["index.html", "icon.svg"]) await copyFile(`static/desk/${name}`, `${dist}/desk/${name}`);
}
