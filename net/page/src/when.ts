// Days and instants in the reader's words.

import type { When } from "./protocol";
import type { Language } from "./texts";

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
