#!/usr/bin/env bash
# @asyncapi/parser 3.6.6 (npm): a message whose example contradicts its own schema is an error in a
# document of AsyncAPI 2.6.0 (two, for payload and headers), and nothing at all in the same document in
# 3.0.0. It is accepted, with not even a hint about the examples.
# Common guess: the newer version of a format is checked at least as well as the older one.
# Whom it hurts: whoever moves a document to version 3 and relies on the parser to keep its examples
# true. plated's document has none; its scripts hold every message that they see to the schemas.
# Seen 2026-11-28. Needs node 18 and npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --silent --no-audit --no-fund --prefix . @asyncapi/parser@3.6.6 >/dev/null
cat >examples.mjs <<'JS'
import { Parser } from "@asyncapi/parser";
const message = {
  payload: { type: "object", properties: { draw: { type: "integer" } } },
  headers: { type: "object", properties: { retry: { type: "boolean" } } },
  examples: [{ payload: { draw: "second" }, headers: { retry: "maybe" } }],
};
const info = { title: "one message", version: "1.0.0" };
const documents = {
  "2.6.0": { asyncapi: "2.6.0", info, channels: { select: { publish: { message } } } },
  "3.0.0": { asyncapi: "3.0.0", info, channels: { select: { address: "/", messages: { draw: message } } } },
};
for (const [version, text] of Object.entries(documents)) {
  const { document, diagnostics } = await new Parser().parse(JSON.stringify(text));
  const errors = diagnostics.filter((one) => one.severity === 0).map((one) => one.message);
  const hints = diagnostics.filter((one) => /example/.test(one.code) && one.severity !== 0).length;
  console.log(`${version}: ${document ? "accepted" : "refused"}, hints ${hints}`, errors.join("; "));
}
JS
node examples.mjs | tee seen
diff - seen <<'SEEN'
2.6.0: refused, hints 0 "draw" property type must be integer; "retry" property type must be boolean
3.0.0: accepted, hints 0 
SEEN
echo "as described"
