// What catches the eye in the digits of a plate: runs, the same digit again, mirrored and repeated
// figures, and a day that means something to the owner. Pure; nothing of it leaves the page.

export type PatternKind = "birthday" | "same" | "run" | "mirror" | "repeat" | "pairs" | "pair";

// `digits` are those of the plate from its character `from` on, counted from the province.
export interface Pattern {
  kind: PatternKind;
  digits: string;
  from: number;
}

// Of how many characters a plate consists before its serial.
const kOffice = 2;

type Finder = (digits: string) => { at: number; length: number } | null;

// The longest stretch of at least `min` digits in which each differs from the one before by one of
// `steps`, the same all along.
function stretch(digits: string, min: number, steps: number[]): ReturnType<Finder> {
  let best: ReturnType<Finder> = null;
  for (const step of steps) {
    for (let at = 0; at < digits.length; ++at) {
      let end = at + 1;
      while (end < digits.length && Number(digits[end]) - Number(digits[end - 1]) === step) ++end;
      const length = end - at;
      if (length >= min && (best === null || length > best.length)) best = { at, length };
    }
  }
  return best;
}

function matched(digits: string, pattern: RegExp): ReturnType<Finder> {
  const found = pattern.exec(digits);
  return found && { at: found.index, length: found[0].length };
}

// In the order of how much they say: a digit belongs to the first that finds it.
const kFinders: [PatternKind, Finder][] = [
  ["same", (digits) => stretch(digits, 3, [0])],
  ["run", (digits) => stretch(digits, 3, [1, -1])],
  ["pairs", (digits) => matched(digits, /(\d)\1(?!\1)(\d)\2/)],
  ["repeat", (digits) => matched(digits, /(\d)(?!\1)(\d)\1\2/)],
  ["mirror", (digits) => matched(digits, /(\d)(\d)\d\2\1|(\d)(\d)\4\3/)],
  ["pair", (digits) => matched(digits, /(\d)\1/)],
];

// The figures in which a day is found on a plate, the longest first: of 19880512 they are 88512,
// 0512, 1988, 8805 and 512. Takes month and day, or year, month and day (two or four digits of the
// year), with anything between them; gives none for what is no day.
export function figures_of_day(typed: string): string[] {
  const numbers = typed.normalize("NFKC").replace(/\D/g, "");
  const found = /^(\d{4}|\d{2})?(\d{2})(\d{2})$/.exec(numbers);
  if (!found) return [];
  const [, year = "", month = "", day = ""] = found;
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > 31) return [];
  const short_year = year.slice(-2);
  const plain_month = String(Number(month));
  const figures = [month + day];
  if (year !== "") figures.push(short_year + plain_month + day, short_year + month);
  if (year.length === 4) figures.push(year);
  if (plain_month.length === 1) figures.push(plain_month + day);
  return figures.filter((each) => each.length <= 5).sort((a, b) => b.length - a.length);
}

function birthday(serial: string, figures: string[]): ReturnType<Finder> {
  const figure = figures.find((each) => serial.includes(each));
  return figure === undefined ? null : { at: serial.indexOf(figure), length: figure.length };
}

// Every pattern of `plate`, what says most first. No digit stands in two, save in a birthday.
// `figures` are those of a day that means something (figures_of_day), or none.
export function patterns_of(plate: string, figures: string[] = []): Pattern[] {
  const serial = [...plate].slice(kOffice).join("");
  const patterns: Pattern[] = [];
  const add = (kind: PatternKind, at: number, length: number) =>
    patterns.push({ kind, digits: serial.slice(at, at + length), from: kOffice + at });
  const day = birthday(serial, figures);
  if (day) add("birthday", day.at, day.length);
  // Digits that a pattern has taken are blanked, so that the next one starts beside them.
  let left = serial;
  for (const [kind, find] of kFinders) {
    for (const part of left.matchAll(/\d{2,}/g)) {
      const found = find(part[0]);
      if (!found) continue;
      const at = (part.index ?? 0) + found.at;
      add(kind, at, found.length);
      left = left.slice(0, at) + " ".repeat(found.length) + left.slice(at + found.length);
      break;
    }
  }
  return patterns;
}

export function last_digit(plate: string): string {
  return /(\d)\D*$/.exec(plate)?.[1] ?? "";
}
