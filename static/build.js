// Makes static/dist out of static/ and npm's packages: `npm run build`; with `--development`, source maps beside the files.

import { copyFile, mkdir, rm } from "node:fs/promises";

import { buildDesk } from "./build_desk.js";
import { buildWidget } from "./build_widget.js";

const DIST = "static/dist";
const development = process.argv.includes("--development");

/** How the widget and the desk are bundled. @type {import("esbuild").BuildOptions} */
const options = {
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: !development,
  sourcemap: development,
  charset: "utf8",
  legalComments: "none",
};

await rm(DIST, { recursive: true, force: true });
await mkdir(DIST, { recursive: true });
await buildWidget(DIST, options);
await buildDesk(DIST, options);
// Last, for `make` takes this file as the sign that everything is built.
await copyFile("node_modules/socket.io-client/dist/socket.io.esm.min.js", `${DIST}/socket.io.esm.js`);
await copyFile("node_modules/socket.io-client/dist/socket.io.min.js", `${DIST}/socket.io.js`);
