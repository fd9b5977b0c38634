#!/usr/bin/env bash
# prom-client 15.1.3 (npm, by tdigest 0.1.3), a Summary of 100,000 latencies of which 98.9 % are 1 ms and
# 1.1 % are 1000 ms: it exports a median of 12 ms and a 90 % quantile of 811 ms, which are 1 and 1. With
# 60 % of 1 ms, 38.9 % of 2 ms and the same 1.1 %, the 90 % quantile is 528 ms instead of 2. Equal values
# fall into one centroid, and the digest draws straight lines from the middle of one centroid to the
# middle of the next, however many values either stands for. A little noise on the values mends it.
# Common guess: a t-digest is exact as long as there are fewer distinct values than centroids, and no
# quantile of a Summary lies where nothing was observed, far from the true one.
# Whom it hurts: latencies in whole milliseconds, sizes, retries: few distinct values and a rare large one.
# The alarm rings at a service that is well, and nobody finds the request. plated exports histograms.
# Seen 2026-11-29. Needs node 18 and npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --silent --no-audit --no-fund --prefix . prom-client@15.1.3 tdigest@0.1.3 >/dev/null
cat >quantiles.mjs <<'JS'
import { Summary } from "prom-client";

const quantiles = [0.5, 0.9, 0.95, 0.99];
async function tell(name, values) {
  const summary = new Summary({ name: name.replaceAll(" ", "_"), help: name, percentiles: quantiles });
  for (const value of values) summary.observe(value);
  const sorted = [...values].sort((a, b) => a - b);
  const exact = quantiles.map((one) => sorted[Math.ceil(one * sorted.length) - 1]);
  const told = (await summary.get()).values.filter(({ labels }) => "quantile" in labels).map(({ value }) => value);
  console.log(`${name}: exact ${exact.map((one) => one.toFixed(1)).join(", ")}; ` +
              `told ${told.map((one) => one.toFixed(1)).join(", ")}`);
}
const many = (share_of_one) => Array.from({ length: 100_000 }, (_, at) =>
  at % 1000 < 11 ? 1000 : at % 1000 < 11 + share_of_one * 10 ? 1 : 2);
await tell("one and thousand", many(98.9));
await tell("one two and thousand", many(60));
await tell("with noise", many(60).map((value, at) => value + (at * 7919 % 1000) / 10_000));
await tell("a die", Array.from({ length: 60_000 }, (_, at) => at % 6 + 1));
JS
node quantiles.mjs | tee seen
diff - seen <<'SEEN'
one and thousand: exact 1.0, 1.0, 1.0, 1000.0; told 12.0, 811.2, 911.1, 991.0
one two and thousand: exact 1.0, 2.0, 2.0, 1000.0; told 1.4, 528.4, 777.9, 977.5
with noise: exact 1.1, 2.1, 2.1, 1000.0; told 1.1, 2.1, 2.1, 1000.0
a die: exact 3.0, 6.0, 6.0, 6.0; told 3.5, 5.9, 6.0, 6.0
SEEN
echo "as described"
