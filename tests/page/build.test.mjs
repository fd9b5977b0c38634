// What the build of the page refuses: each test breaks a copy of its sources in one way.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const kPage = fileURLToPath(new URL("../../net/page/", import.meta.url));
// Inside the page's folder, where imports find its packages; git ignores it.
const kScratch = join(kPage, "dist-broken-");

let scratch;
before(async () => (scratch = await mkdtemp(kScratch)));
after(() => rm(scratch, { recursive: true }));

// Builds a copy of the sources in which each of `changes`, [file, from, to], is made. Gives what was
// said.
async function build_with(changes) {
  const source = join(scratch, "src");
  await rm(source, { recursive: true, force: true });
  await cp(join(kPage, "src"), source, { recursive: true });
  for (const [file, from, to] of changes) {
    const text = await readFile(join(source, file), "utf8");
    assert.match(text, from, "there is something to break");
    await writeFile(join(source, file), text.replace(from, () => to));
  }
  const build = [join(kPage, "build.mjs"), "--source", source, "--out", join(scratch, "out")];
  try {
    return { ok: true, said: (await promisify(execFile)(process.execPath, build)).stdout };
  } catch (error) {
    return { ok: false, said: error.stderr };
  }
}

test("sources as they are make a page, and the sizes of its first visit are told", async () => {
  const { ok, said } = await build_with([]);
  assert.equal(ok, true, said);
  assert.match(said, /^ *\d+ assets\/app-[A-Z0-9]{8}\.js$/m);
  assert.match(said, /^ *\d+ bytes on the first visit, of at most 61440$/m);
});

test("a text that is missing, empty, in the wrong language or not used is refused", async () => {
  const { ok, said } = await build_with([
    ["texts/zh.ts", /^ +all_held: ".*",$/m, ""],
    ["texts/en.ts", /(?<=pool_empty:\s+")The/, "号池"],
    ["texts/zh.ts", /^ +skip: "[^"\p{ASCII}]+",$/mu, 'nowhere: "无处 nowhere",'],
    ["texts/zh.ts", /(?<=^ +pools: ")[^"]+(?=",$)/m, ""],
  ]);
  assert.equal(ok, false, "the build fails");
  const told = [
    "the error all_held has no sentence in zh",
    "the sentence about pool_empty is not en",
    "skip is missing in zh",
    "nowhere is missing in en",
    "nowhere is not used",
    "pools is empty in one language only",
  ];
  for (const words of told) assert.match(said, new RegExp(`^ +${words}$`, "m"));
});

test("messages that are not the document's are refused", async () => {
  const { ok, said } = await build_with([["messages.ts", /"pool_empty",/, ""]]);
  assert.equal(ok, false, "the build fails");
  assert.match(said, /messages.ts is not what asyncapi.yaml says/);
});

test("a first visit that loads too much is refused", async () => {
  const words = Array.from({ length: 9_000 }, (_, at) => Math.sqrt(at + 2).toString(36));
  const { ok, said } = await build_with([
    ["main.tsx", /$/, `document.title = "${words.join("")}";\n`],
  ]);
  assert.equal(ok, false, "the build fails");
  assert.match(said, /the first visit loads too much/);
});
