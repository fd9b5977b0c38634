// The digits of what was typed, full-width ones included, at most the six of an SMS code. Pure.
export function digits_of(text: string): string {
  return text.normalize("NFKC").replace(/\D/g, "").slice(0, 6);
}
