// A plate, drawn like one. Its text is always the plain one: 粤BD12345. The gap after the office is
// drawn, not written.

import type { PlateClass } from "../protocol";

interface PlateProps {
  plate: string;
  of_class: PlateClass;
  big?: boolean;
}

export function Plate({ plate, of_class, big = false }: PlateProps) {
  return (
    <span class={`plate ${of_class}${big ? " big" : ""}`}>
      <span class="office">{plate.slice(0, 2)}</span>
      <span>{plate.slice(2)}</span>
    </span>
  );
}
