// How a plate is drawn, after the geometry of GA 36-2018: 480 by 140 mm, a cell for each character,
// a dot between office and serial, four bolt holes. An illustration, not a likeness to print a plate
// from. Pure; the page draws it with plate.tsx, pages that the server writes with the file that
// sprite.ts makes, so both are the same picture.

import type { PlateClass } from "../protocol";
import { kDense, kDenseStroke, kLetters, kStroke } from "./letters";
import outlines from "./provinces.json";

export const kPlateWidth = 480;
export const kPlateHeight = 140;

const kProvinces: Readonly<Record<string, string>> = outlines;
// Outlines of provinces are in quarters of a millimetre.
const kOutlineScale = 0.25;

export interface Cell {
  x: number;
  y: number;
  width: number;
  height: number;
}

const kTop = 25;
const kHeight = 90;
const kLetterWidth = 43;

// The province's cell, the office's letter, and six of the serial.
export const kCells: readonly Cell[] = [
  { x: 15.5, width: 45 },
  ...[69.5, 161.5, 213.5, 265.5, 317.5, 369.5, 421.5].map((x) => ({ x, width: kLetterWidth })),
].map((cell) => ({ ...cell, y: kTop, height: kHeight }));

// The line along the edge stands `inset` within the plate.
export const kFrame = { corner: 12, inset: 5, line: 2.5, line_corner: 9 };
export const kDot = { cx: 137, cy: 70, r: 6 };
export const kBolt = { r: 5, fill: "#fff", rim: 0.25 };
export const kBolts: readonly [number, number][] = [
  [115, 13],
  [365, 13],
  [115, 127],
  [365, 127],
];

// What stands in a cell: an outline to fill, or the middle line of strokes to draw.
export type Glyph =
  | { kind: "outline"; data: string; scale: number }
  | { kind: "strokes"; data: string; width: number };

// The picture of one character, or null for one that stands on no plate.
export function glyph_of(character: string): Glyph | null {
  const outline = kProvinces[character];
  if (outline !== undefined) return { kind: "outline", data: outline, scale: kOutlineScale };
  const data = kLetters[character];
  if (data === undefined) return null;
  return { kind: "strokes", data, width: kDense.has(character) ? kDenseStroke : kStroke };
}

export function drawn_characters(): string[] {
  return [...Object.keys(kProvinces), ...Object.keys(kLetters)];
}

export const kInk = "#10161c";

// Green that deepens downwards for small vehicles; yellow for the office and green for the serial of
// large ones. Stops from one edge to the other.
export const kPaint: Record<PlateClass, { across: boolean; stops: [at: number, colour: string][] }> =
  {
    small: {
      across: false,
      stops: [
        [0, "#f4faf5"],
        [0.18, "#e6f6eb"],
        [1, "#4fc98a"],
      ],
    },
    large: {
      across: true,
      stops: [
        [0.285, "#ffd21f"],
        [0.285, "#58c98e"],
      ],
    },
  };
