// What is pointed out on a plate, and that it is really there.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { figures_of_day, last_digit, patterns_of } from "../../net/page/src/patterns";
import { texts } from "../../net/page/src/texts";

const kCharacters = [..."0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"];
const kDigits = [..."0123456789"];

const any_plate = fc
  .tuple(
    fc.constantFrom("D", "A", "F", "K"),
    fc.constantFrom(...kCharacters),
    fc.array(fc.constantFrom(...kDigits), { minLength: 4, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([power, second, rest, large]) =>
    large
      ? `粤B${rest.join("")}${/\d/.test(second) ? second : "7"}${power}`
      : `粤B${power}${second}${rest.join("")}`,
  );

const kinds_of = (plate: string, figures: string[] = []) =>
  patterns_of(plate, figures).map(({ kind, digits }) => `${kind} ${digits}`);

test("runs, equal digits, mirrored and repeated figures are found", () => {
  assert.deepEqual(kinds_of("粤BD12345"), ["run 12345"]);
  assert.deepEqual(kinds_of("粤BD98761"), ["run 9876"]);
  assert.deepEqual(kinds_of("粤BD66690"), ["same 666"]);
  assert.deepEqual(kinds_of("粤BD61122"), ["pairs 1122"]);
  assert.deepEqual(kinds_of("粤BD61212"), ["repeat 1212"]);
  assert.deepEqual(kinds_of("粤BD24542"), ["mirror 24542"]);
  assert.deepEqual(kinds_of("粤BD71331"), ["mirror 1331"]);
  assert.deepEqual(kinds_of("粤BD70551"), ["pair 55"]);
  assert.deepEqual(kinds_of("粤BD74096"), []);
  assert.deepEqual(kinds_of("粤B66612D"), ["same 666"]);
  assert.deepEqual(kinds_of("粤BD88123"), ["run 123", "pair 88"], "what says most comes first");
  assert.deepEqual(kinds_of("粤BD8A988"), ["pair 88"], "a letter parts digits");
});

test("every pattern stands where it is said to, and its digits are what it is called", () => {
  fc.assert(
    fc.property(any_plate, (plate) => {
      const taken = new Set<number>();
      for (const { kind, digits, from } of patterns_of(plate)) {
        assert.equal([...plate].slice(from, from + digits.length).join(""), digits);
        assert.match(digits, /^\d{2,}$/);
        for (let at = from; at < from + digits.length; ++at) {
          assert.equal(taken.has(at), false, "no digit stands in two patterns");
          taken.add(at);
        }
        if (kind === "same") assert.equal(new Set(digits).size, 1);
        if (kind === "mirror") assert.equal([...digits].reverse().join(""), digits);
        if (kind === "run") {
          const steps = [...digits].slice(1).map((each, i) => Number(each) - Number(digits[i]));
          assert.equal(new Set(steps).size === 1 && Math.abs(steps[0] ?? 0) === 1, true);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

test("three equal digits or three in a row are never passed over", () => {
  fc.assert(
    fc.property(any_plate, (plate) => {
      const digits = plate.slice(2);
      const same = /(\d)\1\1/.test(digits);
      const run = "0123456789 9876543210";
      const threes = [0, 1, 2, 3].map((at) => digits.slice(at, at + 3));
      const row = threes.some((each) => /^\d{3}$/.test(each) && run.includes(each));
      const kinds = patterns_of(plate).map(({ kind }) => kind);
      if (same) assert.equal(kinds.includes("same"), true, plate);
      else if (row) assert.equal(kinds.includes("run"), true, plate);
    }),
    { numRuns: 2_000 },
  );
});

test("a day is found in each of its figures", () => {
  assert.deepEqual(figures_of_day("19880512"), ["88512", "0512", "8805", "1988", "512"]);
  assert.deepEqual(figures_of_day("1988年05月12日"), figures_of_day("19880512"));
  assert.deepEqual(figures_of_day("０５-１２"), ["0512", "512"]);
  assert.deepEqual(figures_of_day("1104"), ["1104"]);
  for (const no_day of ["", "5", "1388", "0532", "0500", "abc", "123456789"]) {
    assert.deepEqual(figures_of_day(no_day), [], no_day);
  }
  assert.deepEqual(kinds_of("粤BD20512", ["0512", "512"]), ["birthday 0512"]);
  assert.deepEqual(kinds_of("粤BD41234", figures_of_day("1234")), ["run 1234"], "no day");
  assert.deepEqual(kinds_of("粤BD41231", figures_of_day("1231")), ["birthday 1231", "run 123"]);
});

test("the last digit is that of the plate, whatever letter follows", () => {
  assert.equal(last_digit("粤BD12345"), "5");
  assert.equal(last_digit("粤B12345D"), "5");
});

test("every pattern has words with its digits in both languages", () => {
  for (const language of ["zh", "en"] as const) {
    for (const words of Object.values(texts(language).patterns)) assert.match(words("688"), /688/);
  }
});
