// The page's texts in the languages that it speaks. A text that is missing in one of them, or an
// error code without a sentence, does not compile.

import { en } from "./texts/en";
import { zh } from "./texts/zh";

export type Language = "zh" | "en";
export type Texts = typeof zh;

const tables: Record<Language, Texts> = { zh, en };

export function texts(language: Language): Texts {
  return tables[language];
}
