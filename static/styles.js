// For the build: a style sheet becomes a text in the script that adopts it, which a strict policy allows.

import { transform } from "esbuild";
import { readFile } from "node:fs/promises";

/** @param {{minify?: boolean}} how */
export function styles({ minify }) {
  return {
    name: "styles",
    /** @param {import("esbuild").PluginBuild} builder */
    setup(builder) {
      builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify });
        return { contents: code, loader: /** @type {const} */ ("text") };
      });
    },
  };
}
