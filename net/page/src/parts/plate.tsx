// A plate, drawn like one. Its name for those who hear it is the plain text: 粤BD12345.

import {
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
} from "../plate/drawing";
import type { PlateClass } from "../protocol";

interface PlateProps {
  plate: string;
  of_class: PlateClass;
  big?: boolean;
  // Characters to underline: from which one, and how many.
  marks?: [from: number, count: number][];
}

export function Plate({ plate, of_class, big = false, marks = [] }: PlateProps) {
  return (
    <svg
      class={big ? "plate big" : "plate"}
      viewBox={`0 0 ${kPlateWidth} ${kPlateHeight}`}
      role="img"
      aria-label={plate}
      data-plate={plate}
    >
      <rect width={kPlateWidth} height={kPlateHeight} rx={kFrame.corner} fill={`url(#paint-${of_class})`} />
      <rect
        x={kFrame.inset}
        y={kFrame.inset}
        width={kPlateWidth - 2 * kFrame.inset}
        height={kPlateHeight - 2 * kFrame.inset}
        rx={kFrame.line_corner}
        fill="none"
        stroke={kInk}
        stroke-width={kFrame.line}
      />
      {kBolts.map(([cx, cy]) => (
        <circle
          key={`${cx} ${cy}`}
          cx={cx}
          cy={cy}
          r={kBolt.r}
          fill={kBolt.fill}
          stroke={kInk}
          stroke-opacity={kBolt.rim}
        />
      ))}
      <circle {...kDot} fill={kInk} />
      {[...plate].map((character, index) => (
        <Character key={index} character={character} index={index} />
      ))}
      {marks.map(([from, count]) => (
        <Mark key={from} from={from} count={count} />
      ))}
    </svg>
  );
}

function Mark({ from, count }: { from: number; count: number }) {
  const first = kCells[from];
  const last = kCells[from + count - 1];
  if (!first || !last) return null;
  const width = last.x + last.width - first.x;
  return <rect class="underline" x={first.x} y={119.5} width={width} height={7} rx={3.5} />;
}

function Character({ character, index }: { character: string; index: number }) {
  const cell = kCells[index];
  const glyph = glyph_of(character);
  if (!cell || !glyph) return null;
  return (
    <svg {...cell}>
      {glyph.kind === "outline" ? (
        <path transform={`scale(${glyph.scale})`} fill={kInk} d={glyph.data} />
      ) : (
        <path fill="none" stroke={kInk} stroke-width={glyph.width} d={glyph.data} />
      )}
    </svg>
  );
}

// The colours that every plate on the page refers to; stands in it once.
export function PlatePaint() {
  return (
    <svg class="paint" aria-hidden="true" focusable="false">
      <defs>
        {(["small", "large"] as const).map((each) => (
          <linearGradient
            key={each}
            id={`paint-${each}`}
            x2={kPaint[each].across ? 1 : 0}
            y2={kPaint[each].across ? 0 : 1}
          >
            {kPaint[each].stops.map(([at, colour], index) => (
              <stop key={index} offset={at} stop-color={colour} />
            ))}
          </linearGradient>
        ))}
      </defs>
    </svg>
  );
}
