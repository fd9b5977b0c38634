#!/usr/bin/env bash
# hdr-histogram-js 3.0.1 (npm): the percentiles of `summary` (and of toJSON, so of JSON.stringify) are
# those of getValueAtPercentile with their last digits cut to zeros, down to the histogram's number of
# significant digits; `max` beside them is not cut. With three digits 1999 is 1990, with two 1900, and
# with one digit 19 is 10, which is 47 % off where the histogram itself is exact. Built with
# useWebAssembly, the same histogram cuts nothing.
# Common guess: `summary` says what getValueAtPercentile says, and both engines say the same; if they
# round, then to the nearest, or up, as an HdrHistogram reports a bucket by its highest value.
# Whom it hurts: whoever holds a p99 from the summary against a limit (1999 ms passes as 1990, with two
# digits as 1900), compares it with Java's, or switches to WebAssembly for speed and sees latency rise.
# plated's tests, which read its logs by this package, ask getValueAtPercentile.
# Seen 2026-11-29. Needs node 18 and npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --silent --no-audit --no-fund --prefix . hdr-histogram-js@3.0.1 >/dev/null
cat >summary.mjs <<'JS'
import { build, initWebAssembly } from "hdr-histogram-js";
await initWebAssembly();
for (const [digits, recorded] of [[1, 19], [2, 1999], [3, 1999], [4, 1999]]) {
  for (const useWebAssembly of [false, true]) {
    const histogram = build({ numberOfSignificantValueDigits: digits, useWebAssembly });
    histogram.recordValueWithCount(recorded, 100);
    const { p50, p99, max } = histogram.summary;
    console.log(`${digits} digits${useWebAssembly ? ", WebAssembly" : ""}: ` +
      `value at 99 % ${histogram.getValueAtPercentile(99)}, summary p50 ${p50}, p99 ${p99}, max ${max}; ` +
      `as JSON p99 ${JSON.parse(JSON.stringify(histogram)).p99}`);
  }
}
JS
node summary.mjs | tee seen
diff - seen <<'SEEN'
1 digits: value at 99 % 19, summary p50 10, p99 10, max 19; as JSON p99 10
1 digits, WebAssembly: value at 99 % 19, summary p50 19, p99 19, max 19; as JSON p99 19
2 digits: value at 99 % 1999, summary p50 1900, p99 1900, max 1999; as JSON p99 1900
2 digits, WebAssembly: value at 99 % 1999, summary p50 1999, p99 1999, max 1999; as JSON p99 1999
3 digits: value at 99 % 1999, summary p50 1990, p99 1990, max 1999; as JSON p99 1990
3 digits, WebAssembly: value at 99 % 1999, summary p50 1999, p99 1999, max 1999; as JSON p99 1999
4 digits: value at 99 % 1999, summary p50 1999, p99 1999, max 1999; as JSON p99 1999
4 digits, WebAssembly: value at 99 % 1999, summary p50 1999, p99 1999, max 1999; as JSON p99 1999
SEEN
echo "as described"
