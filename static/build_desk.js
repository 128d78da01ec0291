// For the build: the agents' desk, a page of its own, which the simulator serves.

import { build } from "esbuild";
import { copyFile } from "node:fs/promises";

/** @param {string} dist @param {{development: boolean}} how */
export async function buildDesk(dist, { development }) {
  await build({
    entryPoints: ["static/desk/desk.js", "static/desk/desk.css"],
    outdir: `${dist}/desk`,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: !development,
    sourcemap: development,
    charset: "utf8",
    legalComments: "none",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  for (const name of ["index.html", "icon.svg"]) await copyFile(`static/desk/${name}`, `${dist}/desk/${name}`);
}
