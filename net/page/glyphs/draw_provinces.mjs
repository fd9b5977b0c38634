// Draws the 31 province characters of plates as outlines: writes ../src/plate/provinces.json, which
// is committed, so that a build needs no font. Run it again (npm ci && npm run draw) only to change
// how the characters look.
//
// The outlines are those of Noto Sans SC under the SIL Open Font License (OFL.txt stands beside the
// result), fitted into the character cell of a plate, 45 by 90 mm, in quarters of a millimetre.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";
import opentype from "opentype.js";

const kHere = dirname(fileURLToPath(import.meta.url));
const kFonts = join(kHere, "node_modules/@fontsource/noto-sans-sc/files");
const kProvinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
const kWeight = "800";
// The cell in quarters of a millimetre, and how far the ink stays inside of it.
const kWidth = 180;
const kHeight = 360;
const kInset = 2;

// The font comes in pieces by range of characters.
function fonts_of_weight(weight) {
  return readdirSync(kFonts)
    .filter((file) => new RegExp(`^noto-sans-sc-\\d+-${weight}-normal\\.woff$`).test(file))
    .map((file) => opentype.parse(unwrapped(readFileSync(join(kFonts, file)))));
}

// The font inside a WOFF file, as an ArrayBuffer: the same tables, each inflated.
function unwrapped(woff) {
  const tables = woff.readUInt16BE(12);
  const parts = [];
  const head = Buffer.alloc(12 + 16 * tables);
  woff.copy(head, 0, 4, 8);
  head.writeUInt16BE(tables, 4);
  let offset = head.length;
  for (let i = 0; i < tables; ++i) {
    const entry = woff.subarray(44 + 20 * i, 64 + 20 * i);
    const [from, packed, size] = [4, 8, 12].map((at) => entry.readUInt32BE(at));
    const stored = woff.subarray(from, from + packed);
    const table = packed < size ? inflateSync(stored) : stored;
    entry.copy(head, 12 + 16 * i, 0, 4);
    entry.copy(head, 16 + 16 * i, 16, 20);
    head.writeUInt32BE(offset, 20 + 16 * i);
    head.writeUInt32BE(size, 24 + 16 * i);
    parts.push(table, Buffer.alloc(-size & 3));
    offset += size + (-size & 3);
  }
  return new Uint8Array(Buffer.concat([head, ...parts])).buffer;
}

function glyph_of(character, fonts) {
  for (const font of fonts) {
    if (font.charToGlyphIndex(character) > 0) return font.charToGlyph(character);
  }
  throw new Error(`no font has ${character}`);
}

// Numbers one after the other, as short as path data allows.
function joined(numbers) {
  return numbers.map((each, i) => (i > 0 && each >= 0 ? ` ${each}` : `${each}`)).join("");
}

// The outline of `glyph` as relative path data that fills the cell.
function path_data(glyph) {
  const box = glyph.getBoundingBox();
  const scale_x = (kWidth - 2 * kInset) / (box.x2 - box.x1);
  const scale_y = (kHeight - 2 * kInset) / (box.y2 - box.y1);
  const place = (x, y) => [
    Math.round(kInset + (x - box.x1) * scale_x),
    Math.round(kInset + (box.y2 - y) * scale_y),
  ];
  let at = [0, 0];
  let start = at;
  let data = "";
  const from_here = (points) => joined(points.flatMap(([x, y]) => [x - at[0], y - at[1]]));
  for (const command of glyph.path.commands) {
    if (command.type === "Z") {
      data += "z";
      at = start;
      continue;
    }
    const points = [];
    if ("x2" in command) throw new Error("an outline of cubic curves");
    if ("x1" in command) points.push(place(command.x1, command.y1));
    points.push(place(command.x, command.y));
    const end = points[points.length - 1];
    if (command.type === "M") {
      data += `M${joined(end)}`;
      start = end;
    } else if (command.type === "L") {
      if (end[0] === at[0] && end[1] === at[1]) continue;
      if (end[0] === at[0]) data += `v${end[1] - at[1]}`;
      else if (end[1] === at[1]) data += `h${end[0] - at[0]}`;
      else data += `l${from_here(points)}`;
    } else {
      data += `q${from_here(points)}`;
    }
    at = end;
  }
  return data;
}

const fonts = fonts_of_weight(kWeight);
const outlines = Object.fromEntries(
  [...kProvinces].map((each) => [each, path_data(glyph_of(each, fonts))]),
);
const target = join(kHere, "../src/plate/provinces.json");
writeFileSync(target, `${JSON.stringify(outlines, null, 1)}\n`);
console.log(`${kProvinces.length} characters, ${JSON.stringify(outlines).length} bytes`);
