// Builds the stage into the folder that is named on the command line, as static/build.js builds the widget.

import { build } from "esbuild";

import { styles } from "../../../static/styles.js";

await build({
  entryPoints: { stage: "tests/browser/stage/stage.js" },
  outdir: process.argv[2],
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  minify: true,
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [styles({ minify: true })],
});
