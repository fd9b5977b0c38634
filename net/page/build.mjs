// Builds the page: src/ becomes a folder of files that the server carries inside itself.
//
//     node build.mjs [--out DIR] [--source DIR]
//                                    the page, into DIR (default: dist) from src
//     node build.mjs --tests         the unit tests of tests/page/, into tests-built
//
// The same sources always give the same bytes. Files under assets/ bear a hash of their content in
// their name and may be cached for ever. What gets smaller by it stands there compressed as well,
// as .gz and .br. manifest.json says under which path each file is served.
//
// Fails when the first visit would load more than kFirstLoadMax, when a text or an error's sentence
// is missing or unused (check_texts.mjs), and when src/messages.ts is not what the AsyncAPI document
// says (messages.mjs).

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { check_texts } from "./check_texts.mjs";
import { evaluated } from "./evaluated.mjs";
import { check_messages } from "./messages.mjs";

// What a phone loads on its first visit, in bytes: everything that the page names or that those
// name in turn, as gzip, which every browser takes.
const kFirstLoadMax = 60 * 1024;

const kRoot = dirname(fileURLToPath(import.meta.url));
const kTests = join(kRoot, "../../tests/page");

const kContentTypes = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml; charset=utf-8",
  ".woff2": "font/woff2",
};

// Pages by the path under which they are served. A template still holds `{{mode}}`, which the
// server fills in, so it cannot be compressed beforehand.
const kPages = [
  { path: "/", file: "index.html", template: true },
  { path: "/login", file: "login.html", template: false },
  { path: "/accessibility", file: "accessibility.html", template: false },
];

function option(name, otherwise) {
  const at = process.argv.indexOf(name);
  return resolve(kRoot, at < 0 ? otherwise : process.argv[at + 1]);
}

const kSource = option("--source", "src");

// Bundles scripts and styles into `out`/assets. Gives every file of it by its path below `out`:
// its name ("app.js") and the files that it names itself, such as fonts.
async function bundle(out) {
  const source = (file) => join(kSource, file);
  const result = await build({
    absWorkingDir: kRoot,
    entryPoints: {
      app: source("main.tsx"),
      style: source("styles/app.css"),
      print: source("print.ts"),
      login: source("styles/login.css"),
      pages: source("styles/pages.css"),
      voucher: source("styles/voucher.css"),
      receipt: source("styles/receipt.css"),
    },
    outdir: out,
    entryNames: "assets/[name]-[hash]",
    assetNames: "assets/[name]-[hash]",
    loader: { ".svg": "file", ".woff2": "file" },
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
  const path_of = (file) => relative(out, join(kRoot, file));
  const files = new Map();
  for (const [file, { imports }] of Object.entries(result.metafile.outputs)) {
    const path = path_of(file);
    const name = path.replace(/^assets\/(.*)-[A-Z0-9]{8}(\.[a-z0-9]+)$/, "$1$2");
    const names = imports.filter((each) => !each.external).map((each) => path_of(each.path));
    files.set(path, { name, names });
  }
  return files;
}

// Writes the drawing of plates for pages that the server writes: src/plate/sprite.ts is run here, and
// what it gives stands in `out` as assets/plate-<hash>.svg. Gives that path.
async function write_sprite(out) {
  const { plate_sprite } = await evaluated('export * from "./plate/sprite";', kSource);
  const text = plate_sprite();
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8).toUpperCase();
  const file = `assets/plate-${hash}.svg`;
  await writeFile(join(out, file), text);
  return file;
}

// The text of page `file` with `{{asset:app.js}}` replaced by the path of that asset, and the files
// that it names so.
async function page_text(file, assets) {
  const text = await readFile(join(kSource, file), "utf8");
  const paths = new Map([...assets].map(([path, { name }]) => [name, path]));
  const names = [];
  const filled = text.replace(/\{\{asset:([^}]+)\}\}/g, (_, name) => {
    if (!paths.has(name)) throw new Error(`${file} names an asset that does not exist: ${name}`);
    names.push(paths.get(name));
    return `/${paths.get(name)}`;
  });
  return { text: filled, names };
}

function content_type(file) {
  const type = kContentTypes[file.slice(file.lastIndexOf("."))];
  if (type === undefined) throw new Error(`what ${file} is served as is not known`);
  return type;
}

// Writes `out`/`file` compressed beside it, in the forms that are smaller. Gives what the manifest
// says of them, and how many bytes a browser loads at most.
async function compress(out, file, template) {
  const bytes = await readFile(join(out, file));
  const forms = {
    gzip: [".gz", gzipSync(bytes, { level: 9 })],
    brotli: [
      ".br",
      brotliCompressSync(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      }),
    ],
  };
  const entry = { gzip: null, brotli: null };
  let loaded = bytes.length;
  for (const [form, [suffix, packed]] of Object.entries(forms)) {
    if (template || packed.length >= bytes.length) continue;
    await writeFile(join(out, file + suffix), packed);
    entry[form] = file + suffix;
    if (form === "gzip") loaded = packed.length;
  }
  return { entry, loaded };
}

// `file` and everything that it names, directly or not.
function with_named(file, names, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const each of names.get(file) ?? []) with_named(each, names, found);
  return found;
}

function check_first_load(names, loaded) {
  let sum = 0;
  for (const file of with_named("index.html", names)) {
    sum += loaded.get(file);
    console.log(`${String(loaded.get(file)).padStart(6)} ${file}`);
  }
  console.log(`${String(sum).padStart(6)} bytes on the first visit, of at most ${kFirstLoadMax}`);
  if (sum > kFirstLoadMax) throw new Error("the first visit loads too much");
}

async function build_page(out) {
  await check_messages(kSource);
  await check_texts(kSource);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const assets = await bundle(out);
  assets.set(await write_sprite(out), { name: "plate.svg", names: [] });
  const manifest = [];
  const names = new Map([...assets].map(([path, each]) => [path, each.names]));
  for (const [file, { name }] of assets) {
    const type = content_type(file);
    manifest.push({ path: `/${file}`, name, file, type, immutable: true, template: false });
  }
  for (const { path, file, template } of kPages) {
    const page = await page_text(file, assets);
    await writeFile(join(out, file), page.text);
    names.set(file, page.names);
    const type = content_type(file);
    manifest.push({ path, name: file, file, type, immutable: false, template });
  }
  manifest.sort((a, b) => (a.path < b.path ? -1 : 1));
  const loaded = new Map();
  for (const asset of manifest) {
    const compressed = await compress(out, asset.file, asset.template);
    Object.assign(asset, compressed.entry);
    loaded.set(asset.file, compressed.loaded);
  }
  await writeFile(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
  check_first_load(names, loaded);
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
    nodePaths: [join(kRoot, "node_modules")],
    format: "esm",
    target: "node18",
    logLevel: "warning",
  });
}

try {
  if (process.argv.includes("--tests")) {
    await build_tests(join(kRoot, "tests-built"));
  } else {
    await build_page(option("--out", "dist"));
  }
} catch (error) {
  // esbuild has said for itself what is wrong with a source.
  if (error.errors === undefined) console.error(`the page is not built: ${error.message}`);
  process.exitCode = 1;
}
