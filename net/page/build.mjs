// Builds the page: src/ becomes a folder of files that the server carries inside itself.
//
//     node build.mjs [--out DIR]     the page, into DIR (default: dist)
//     node build.mjs --tests         the unit tests of tests/page/, into tests-built
//
// The same sources always give the same bytes. Files under assets/ bear a hash of their content in
// their name and may be cached for ever. manifest.json says under which path each file is served.
// Fails when the first visit would load more than kFirstLoadMax, and when src/messages.ts is not what
// the AsyncAPI document says.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { check_messages } from "./messages.mjs";

// What a phone loads on its first visit, compressed, in bytes.
const kFirstLoadMax = 60 * 1024;

const kRoot = dirname(fileURLToPath(import.meta.url));
const kTests = join(kRoot, "../../tests/page");

const kContentTypes = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml; charset=utf-8",
};

// Pages by the path under which they are served. A template still holds `{{mode}}`, which the
// server fills in, so it cannot be compressed beforehand.
const kPages = [
  { path: "/", file: "index.html", template: true },
  { path: "/login", file: "login.html", template: false },
];

function option(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : process.argv[at + 1];
}

// Bundles scripts and styles into `out`/assets. Gives name ("app.js") -> file ("assets/app-1A2B.js").
async function bundle(out) {
  const source = (file) => join(kRoot, "src", file);
  const result = await build({
    absWorkingDir: kRoot,
    entryPoints: {
      app: source("main.tsx"),
      style: source("styles/app.css"),
      login: source("styles/login.css"),
      pages: source("styles/pages.css"),
    },
    outdir: out,
    entryNames: "assets/[name]-[hash]",
    bundle: true,
    minify: true,
    charset: "utf8",
    format: "iife",
    target: ["es2020", "chrome80", "safari14.1", "firefox78"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const names = new Map();
  for (const file of Object.keys(result.metafile.outputs)) {
    const path = relative(out, join(kRoot, file));
    names.set(path.replace(/^assets\/(.*)-[A-Z0-9]{8}(\.[a-z]+)$/, "$1$2"), path);
  }
  return names;
}

// Writes the drawing of plates for pages that the server writes: src/plate/sprite.ts is run here, and
// what it gives stands in `out` as assets/plate-<hash>.svg. Gives that path.
async function write_sprite(out) {
  const { outputFiles } = await build({
    entryPoints: [join(kRoot, "src/plate/sprite.ts")],
    bundle: true,
    write: false,
    format: "esm",
    logLevel: "warning",
  });
  const module = Buffer.from(outputFiles[0].contents).toString("base64");
  const { plate_sprite } = await import(`data:text/javascript;base64,${module}`);
  const text = plate_sprite();
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8).toUpperCase();
  const file = `assets/plate-${hash}.svg`;
  await writeFile(join(out, file), text);
  return file;
}

// The text of page `file` with `{{asset:app.js}}` replaced by the path of that asset.
async function page_text(file, assets) {
  const text = await readFile(join(kRoot, "src", file), "utf8");
  return text.replace(/\{\{asset:([^}]+)\}\}/g, (_, name) => {
    if (!assets.has(name)) throw new Error(`${file} names an asset that does not exist: ${name}`);
    return `/${assets.get(name)}`;
  });
}

function content_type(file) {
  return kContentTypes[file.slice(file.lastIndexOf("."))];
}

async function first_load_bytes(out, assets) {
  const files = ["index.html", assets.get("app.js"), assets.get("style.css")];
  const sizes = await Promise.all(
    files.map(async (file) => gzipSync(await readFile(join(out, file)), { level: 9 }).length),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function build_page(out) {
  await check_messages();
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const assets = await bundle(out);
  assets.set("plate.svg", await write_sprite(out));
  const manifest = [];
  for (const [name, file] of assets) {
    const type = content_type(file);
    manifest.push({ path: `/${file}`, name, file, type, immutable: true, template: false });
  }
  for (const { path, file, template } of kPages) {
    await writeFile(join(out, file), await page_text(file, assets));
    const type = content_type(file);
    manifest.push({ path, name: file, file, type, immutable: false, template });
  }
  manifest.sort((a, b) => (a.path < b.path ? -1 : 1));
  await writeFile(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
  const bytes = await first_load_bytes(out, assets);
  console.log(`first load: ${bytes} bytes compressed, of at most ${kFirstLoadMax}`);
  if (bytes > kFirstLoadMax) {
    console.error("the page is too big");
    process.exitCode = 1;
  }
}

async function build_tests(out) {
  await rm(out, { recursive: true, force: true });
  const files = (await readdir(kTests)).filter((file) => file.endsWith("_test.ts"));
  await build({
    entryPoints: files.map((file) => join(kTests, file)),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    entryNames: "[name].test",
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node18",
    logLevel: "warning",
  });
}

if (process.argv.includes("--tests")) {
  await build_tests(join(kRoot, "tests-built"));
} else {
  await build_page(resolve(option("--out") ?? join(kRoot, "dist")));
}
