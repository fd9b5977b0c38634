// What the reader chose about the page itself, remembered by the browser where it allows that:
// `language` ("zh", "en") and `number_keys` ("on", "off").

export type Choice = "language" | "number_keys";

export function kept_choice(name: Choice): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    // The browser keeps nothing for us; that is its owner's right.
    return null;
  }
}

export function keep_choice(name: Choice, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // As above.
  }
}
