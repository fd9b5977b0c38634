// Runs TypeScript of the page while the page is built.

import { build } from "esbuild";

// What `contents` exports, a module that imports from the directory `source`.
export async function evaluated(contents, source) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: source, loader: "ts" },
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "warning",
  });
  const code = Buffer.from(outputFiles[0].contents).toString("base64");
  return import(`data:text/javascript;base64,${code}`);
}
