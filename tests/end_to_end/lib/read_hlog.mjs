#!/usr/bin/env node
// Reads an interval log with hdr-histogram-js, which is not ours, and prints what each tag comes to:
// {"draw": {"count", "p50", "p99", "max"}, …}. Used by loads.py.
import fs from 'node:fs';
import { createRequire } from 'node:module';

// The packages of the page's build have it.
const require = createRequire(new URL('../../../net/page/package.json', import.meta.url));
const hdr = require('hdr-histogram-js');

const reader = new hdr.HistogramLogReader(fs.readFileSync(process.argv[2], 'utf8'), 64);
const sums = {};
for (let one = reader.nextIntervalHistogram(); one; one = reader.nextIntervalHistogram()) {
  const sum = (sums[one.tag] ??= hdr.build({ bitBucketSize: 64, numberOfSignificantValueDigits: 3 }));
  sum.autoResize = true;
  sum.add(one);
}
const told = {};
for (const [tag, sum] of Object.entries(sums)) {
  told[tag] = {
    count: sum.totalCount,
    p50: sum.getValueAtPercentile(50),
    p99: sum.getValueAtPercentile(99),
    max: sum.maxValue,
  };
}
console.log(JSON.stringify(told));
