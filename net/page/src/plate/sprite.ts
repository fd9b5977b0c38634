// The drawing of plates as text, for pages that the server writes: a file of symbols that the build
// embeds. `plate-small` and `plate-large` are a whole plate with {0} to {7} where its characters
// belong; every other symbol is one character's picture.

import type { PlateClass } from "../protocol";
import {
  drawn_characters,
  glyph_of,
  kBolt,
  kBolts,
  kCells,
  kDot,
  kFrame,
  kInk,
  kPaint,
  kPlateHeight,
  kPlateWidth,
} from "./drawing";
import type { Glyph } from "./drawing";

const kBoltPaint = `fill="${kBolt.fill}" stroke="${kInk}" stroke-opacity="${kBolt.rim}"`;

function picture(glyph: Glyph): string {
  return glyph.kind === "outline"
    ? `<path transform="scale(${glyph.scale})" d="${glyph.data}"/>`
    : `<path fill="none" stroke="${kInk}" stroke-width="${glyph.width}" d="${glyph.data}"/>`;
}

function gradient(of_class: PlateClass): string {
  const { across, stops } = kPaint[of_class];
  const direction = across ? "" : ' x2="0" y2="1"';
  const colours = stops.map(([at, colour]) => `<stop offset="${at}" stop-color="${colour}"/>`);
  return `<linearGradient id="paint-${of_class}"${direction}>${colours.join("")}</linearGradient>`;
}

function plate(of_class: PlateClass): string {
  const box = `width="${kPlateWidth}" height="${kPlateHeight}"`;
  const { corner, inset, line, line_corner } = kFrame;
  const within = `width="${kPlateWidth - 2 * inset}" height="${kPlateHeight - 2 * inset}"`;
  const cells = kCells.map(
    ({ x, y, width, height }, index) =>
      `<svg x="${x}" y="${y}" width="${width}" height="${height}">{${index}}</svg>`,
  );
  const bolts = kBolts.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="${kBolt.r}" ${kBoltPaint}/>`);
  return [
    `<defs>${gradient(of_class)}</defs>`,
    `<rect ${box} rx="${corner}" fill="url(#paint-${of_class})"/>`,
    `<rect x="${inset}" y="${inset}" ${within} rx="${line_corner}" fill="none" stroke="${kInk}" stroke-width="${line}"/>`,
    ...bolts,
    `<circle cx="${kDot.cx}" cy="${kDot.cy}" r="${kDot.r}" fill="${kInk}"/>`,
    `<g fill="${kInk}">${cells.join("")}</g>`,
  ].join("");
}

export function plate_sprite(): string {
  const symbols = (["small", "large"] as const).map((each): [string, string] => [
    `plate-${each}`,
    plate(each),
  ]);
  for (const character of drawn_characters()) {
    const glyph = glyph_of(character);
    if (glyph) symbols.push([character, picture(glyph)]);
  }
  const lines = symbols.map(([id, body]) => `<symbol id="${id}">${body}</symbol>\n`);
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${lines.join("")}</svg>\n`;
}
