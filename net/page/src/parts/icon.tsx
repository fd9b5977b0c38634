// Small pictures that go with words, never instead of them.

const kShapes = {
  check: "M4.5 12.5l5 5 10-11",
  alert: "M12 3.5l9.5 17h-19zM12 10v4.5M12 17.2v.3",
  info: "M12 3a9 9 0 110 18a9 9 0 010-18M12 11v5.5M12 7.4v.3",
  clock: "M12 3a9 9 0 110 18a9 9 0 010-18M12 7v5.5l3.5 2",
  pause: "M12 3a9 9 0 110 18a9 9 0 010-18M9.75 8.5v7M14.25 8.5v7",
  closed: "M6 11h12v9H6zM8.5 11V7.5a3.5 3.5 0 017 0V11M12 14.5v2",
  cloud: "M3 3l18 18M8 8.5a5 5 0 00-1 9.9h10M11 6.2a5.5 5.5 0 016.5 5 3.7 3.7 0 012.6 5.8",
  next: "M9 5l7 7-7 7",
  back: "M15 5l-7 7 7 7",
  print: "M7 8V3.5h10V8M7 17H4V8h16v9h-3M7 14h10v6.5H7z",
  redraw: "M20 11a8 8 0 10-2 6M20.5 5v6h-6",
  list: "M4 6h16M4 12h16M4 18h10",
  people: "M9 11a3.5 3.5 0 110-7 3.5 3.5 0 010 7M2.5 20a6.5 6.5 0 0113 0M16 4.5a3.5 3.5 0 010 6.4M18 14a6.5 6.5 0 013.5 6",
} as const;

export type IconName = keyof typeof kShapes;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={kShapes[name]} />
    </svg>
  );
}
