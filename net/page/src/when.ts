// Days and instants in the reader's words.

import type { When } from "./protocol";
import type { Language, Texts } from "./texts";

const kLocale: Record<Language, string> = { zh: "zh-CN", en: "en-GB" };

// A day ("2026-11-26") with its weekday. It is a date of the office's calendar and does not depend
// on where the reader is.
export function day_text(day: string, language: Language): string {
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return day;
  return new Intl.DateTimeFormat(kLocale[language], {
    dateStyle: "full",
    timeZone: "UTC",
  }).format(date);
}

// An instant, or a day, as date and time where the reader is.
export function when_text(when: When, language: Language): string {
  if (typeof when === "string") return day_text(when, language);
  return new Intl.DateTimeFormat(kLocale[language], {
    dateStyle: "long",
    timeStyle: "short",
  }).format(new Date(when));
}

// A day without its year and weekday, for a sentence: "12月2日".
export function short_day_text(day: string, language: Language): string {
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return day;
  return new Intl.DateTimeFormat(kLocale[language], {
    month: "long",
    day: "numeric",
    timeZone: "UTC",
  }).format(date);
}

// How long it is until something, in days, hours and minutes; rounded up to the minute. "" for less
// than nothing.
export function long_time_text(ms: number, t: Texts): string {
  if (ms <= 0) return "";
  const minutes = Math.ceil(ms / 60_000);
  const hours = Math.floor(minutes / 60);
  return t.long_time(Math.floor(hours / 24), hours % 24, minutes % 60);
}
