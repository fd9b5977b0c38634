#!/usr/bin/env bash
# json-canonicalize 3.0.1 (npm), canonical JSON by RFC 8785: an object that has a toJSON goes through
# JSON.stringify as a whole, so what toJSON returns, to any depth, keeps its keys in the order in which
# they were made. A Buffer is enough. And a mere key of that name is enough, whatever it holds: the
# document {"toJSON":0,"b":1,"a":2}, read from text, comes out as it went in.
# canonicalize 4.0.0 and json-canon 1.0.1 sort all of these.
# Common guess: the output of a canonicalizer is canonical; in any case its output, parsed and canonicalized
# again, is the same bytes.
# Whom it hurts: who signs or hashes objects with a toJSON (models, amounts of money, binary data): the one
# who verifies has the plain JSON, sorts it, and gets another digest, by the very same package.
# plated signs no JSON: its tickets and checkpoints are signed as the bytes that were sent.
# Seen 2026-11-29. Needs node 18 and npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --silent --no-audit --no-fund --prefix . json-canonicalize@3.0.1 canonicalize@4.0.0 \
  json-canon@1.0.1 >/dev/null
cat >order.mjs <<'JS'
import sorted from "canonicalize";
import also_sorted from "json-canon";
import { canonicalize } from "json-canonicalize";

class Price {
  toJSON() {
    return { currency: "CNY", amount: { yuan: 12, fen: 50 } };
  }
}
const values = {
  "a class": { price: new Price() },
  "a Buffer": { key: Buffer.from("A") },
  "a key": JSON.parse('{"toJSON":0,"b":1,"a":{"d":2,"c":3}}'),
  "neither": JSON.parse('{"b":1,"a":{"d":2,"c":3}}'),
};
for (const [name, value] of Object.entries(values)) {
  const once = canonicalize(value);
  const twice = canonicalize(JSON.parse(once));
  const others = [sorted, also_sorted.default ?? also_sorted].map((one) => one(value));
  console.log(`${name}: ${once}`);
  console.log(`  again: ${once === twice ? "the same" : twice}`);
  console.log(`  the others: ${[...new Set(others)].join(" or ")}`);
}
JS
node order.mjs | tee seen
diff - seen <<'SEEN'
a class: {"price":{"currency":"CNY","amount":{"yuan":12,"fen":50}}}
  again: {"price":{"amount":{"fen":50,"yuan":12},"currency":"CNY"}}
  the others: {"price":{"amount":{"fen":50,"yuan":12},"currency":"CNY"}}
a Buffer: {"key":{"type":"Buffer","data":[65]}}
  again: {"key":{"data":[65],"type":"Buffer"}}
  the others: {"key":{"data":[65],"type":"Buffer"}}
a key: {"toJSON":0,"b":1,"a":{"d":2,"c":3}}
  again: the same
  the others: {"a":{"c":3,"d":2},"b":1,"toJSON":0}
neither: {"a":{"c":3,"d":2},"b":1}
  again: the same
  the others: {"a":{"c":3,"d":2},"b":1}
SEEN
echo "as described"
