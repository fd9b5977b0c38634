// A plate with the figures in it pointed out: bars below the digits, words beside the plate.

import { patterns_of } from "../patterns";
import type { Pattern } from "../patterns";
import type { PlateClass } from "../protocol";
import type { Texts } from "../texts";
import { Plate } from "./plate";

// More would say nothing any more.
const kShown = 2;

export function shown_patterns(plate: string, day_figures: string[]): Pattern[] {
  return patterns_of(plate, day_figures).slice(0, kShown);
}

interface MarkedPlateProps {
  plate: string;
  of_class: PlateClass;
  patterns: Pattern[];
  big?: boolean;
}

export function MarkedPlate({ plate, of_class, patterns, big = false }: MarkedPlateProps) {
  const marks = patterns.map(({ from, digits }): [number, number] => [from, digits.length]);
  return <Plate plate={plate} of_class={of_class} big={big} marks={marks} />;
}

export function PatternTags({ patterns, t }: { patterns: Pattern[]; t: Texts }) {
  if (patterns.length === 0) return null;
  return (
    <span class="tags">
      {patterns.map(({ kind, digits, from }) => (
        <span key={`${kind}${from}`} class={kind === "birthday" ? "tag day" : "tag"}>
          {t.patterns[kind](digits)}
        </span>
      ))}
    </span>
  );
}
