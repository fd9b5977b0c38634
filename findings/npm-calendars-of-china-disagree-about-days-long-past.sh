#!/usr/bin/env bash
# Four npm packages that know China's workdays and holidays, asked about every day from 2011 to 2026,
# the years for which chinese-workday promises complete data: they disagree about 34 days, in nine of the
# sixteen years.
#   - chinese-workday 1.16.1 is alone 25 times. It lacks the New Year's Day of 2018, the days that were
#     added in 2015 and 2020, and many swapped weekends before 2015, and it has days off that nobody had:
#     3 January 2023, 3 and 4 June 2014;
#   - holiday-calendar 1.3.3 is alone six times, and once with chinese-workday: it has no swap across the
#     turn of a year (2011, 2015, 2018), and makes three Saturdays workdays that were none;
#   - chinese-days 1.5.7 is never alone; tyme4ts 1.5.2 errs twice, together with chinese-workday (2013).
# And the 1st of January and of October 2027, holidays by law in every year, are plain workdays to
# chinese-days and to chinese-workday: neither says that it does not know that year yet.
# Common guess: the State Council's notices are public, so the packages agree at least about the past;
# and asked about a year without a notice they refuse, or keep to the law.
# Whom it hurts: deadlines in working days, interest and overtime worked out again for old cases, tests
# that hold one package against another. plated's rules count days, not working days.
# Seen 2026-11-29. Needs node 18 and npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --silent --no-audit --no-fund --prefix . chinese-days@1.5.7 chinese-workday@1.16.1 \
  holiday-calendar@1.3.3 tyme4ts@1.5.2 >/dev/null
cat >days.mjs <<'JS'
import { readFileSync } from "node:fs";
import days from "chinese-days";
import * as workday from "chinese-workday";
import { LegalHoliday } from "tyme4ts";

const weekend = (date) => [0, 6].includes(new Date(date).getUTCDay());
const years = new Map(); // holiday-calendar's own files; its code would ask a web address for them
function listed(date) {
  const year = date.slice(0, 4);
  if (!years.has(year)) {
    const { dates } = JSON.parse(readFileSync(`node_modules/holiday-calendar/data/CN/${year}.json`, "utf8"));
    years.set(year, new Map(dates.map((one) => [one.date, one.type])));
  }
  return { transfer_workday: true, public_holiday: false }[years.get(year).get(date)] ?? !weekend(date);
}
const works = {
  "chinese-days": (date) => days.isWorkday(date),
  "tyme4ts": (date) => LegalHoliday.fromYmd(...date.split("-").map(Number))?.isWork() ?? !weekend(date),
  "chinese-workday": (date) => workday.isWorkday(date),
  "holiday-calendar": listed,
};
let disputed = 0;
const perYear = new Map();
for (let at = Date.UTC(2011, 0, 1); at < Date.UTC(2027, 0, 1); at += 86400_000) {
  const date = new Date(at).toISOString().slice(0, 10);
  const working = Object.keys(works).filter((name) => works[name](date));
  if (working.length === 0 || working.length === 4) continue;
  ++disputed;
  const few = working.length <= 2 ? working : Object.keys(works).filter((name) => !working.includes(name));
  const line = `${date.slice(0, 4)}, ${few.join(" and ")} against the others:`;
  const day = `${date.slice(5)} ${working.length <= 2 ? "works" : "off"}`;
  perYear.set(line, [...(perYear.get(line) ?? []), day]);
}
for (const [line, dates] of perYear) console.log(line, dates.join(", "));
console.log(`${disputed} days`);
for (const date of ["2027-01-01", "2027-10-01"]) {
  console.log(date, ["chinese-days", "chinese-workday"].map((one) => works[one](date) ? "works" : "off").join(", "));
}
JS
node days.mjs | tee seen
diff - seen <<'SEEN'
2011, chinese-workday against the others: 01-29 works, 02-12 off, 04-02 off
2011, chinese-days and tyme4ts against the others: 12-31 works
2012, chinese-workday against the others: 01-29 off, 03-31 off, 04-01 off, 04-28 off, 09-30 works, 10-08 off
2013, chinese-days and holiday-calendar against the others: 04-07 works, 10-12 works
2013, chinese-workday against the others: 04-27 off, 04-28 off, 06-08 off, 06-09 off, 12-29 works
2014, chinese-workday against the others: 06-03 off, 06-04 off, 09-09 off, 09-10 off, 10-11 off
2015, holiday-calendar against the others: 01-04 off
2015, chinese-workday against the others: 09-03 works, 09-04 works
2016, holiday-calendar against the others: 04-02 works
2018, chinese-workday against the others: 01-01 works
2018, holiday-calendar against the others: 06-16 works, 09-22 works, 12-29 off, 12-31 works
2020, chinese-workday against the others: 01-31 works, 02-01 works
2023, chinese-workday against the others: 01-03 off
34 days
2027-01-01 works, works
2027-10-01 works, works
SEEN
echo "as described"
