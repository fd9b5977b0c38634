// A day that means something to the owner, to be found on plates. It is looked for here; it is
// neither sent nor kept.

import { useMemo, useState } from "preact/hooks";
import { figures_of_day } from "../patterns";
import type { View } from "../view";

export interface Day {
  typed: string;
  figures: string[];
  type: (text: string) => void;
}

export function use_day(): Day {
  const [typed, type] = useState("");
  const figures = useMemo(() => figures_of_day(typed), [typed]);
  return { typed, figures, type };
}

export function DayField({ view, day }: { view: View; day: Day }) {
  const { t } = view;
  return (
    <section class="card day">
      <label for="day">{t.day_label}</label>
      <input
        id="day"
        inputMode="numeric"
        autoComplete="off"
        maxLength={12}
        placeholder={t.day_example}
        aria-describedby="day-note"
        value={day.typed}
        onInput={(event) => day.type(event.currentTarget.value)}
      />
      <p class="quiet" id="day-note">
        {day.figures.length > 0 ? t.day_looked_for(day.figures.join(" ")) : t.day_note}
      </p>
    </section>
  );
}
