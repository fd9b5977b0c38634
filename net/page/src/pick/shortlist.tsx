// The plates kept aside, to be compared and one of them confirmed.

import { useState } from "preact/hooks";
import { is_too_late } from "../countdown";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { HeardCountdowns } from "../parts/heard";
import { MarkedPlate, PatternTags, shown_patterns } from "../parts/plate_card";
import { Ring } from "../parts/ring";
import { last_digit } from "../patterns";
import type { Application } from "../protocol";
import { is_halted, is_ready } from "../reducer";
import type { View } from "../view";
import { use_now } from "../view";

interface ShortlistProps {
  view: View;
  application: Application;
  day_figures: string[];
  onConfirm: (plate: string) => void;
}

export function Shortlist({ view, application, day_figures, onConfirm }: ShortlistProps) {
  const { t } = view;
  const [comparing, set_comparing] = useState(false);
  const plates = application.shortlist?.plates ?? [];
  const usable = use_confirmable(view, application);
  return (
    <section class="card kept" aria-labelledby="shortlist">
      <div class="bar">
        <div>
          <h2 id="shortlist" tabIndex={-1}>{t.shortlist}</h2>
          {plates.length > 0 && <p class="quiet">{t.shortlist_hint}</p>}
        </div>
        <Ring view={view} name="shortlist_ms" label={t.shortlist} />
      </div>
      {plates.length === 0 && <p class="quiet empty">{t.shortlist_empty}</p>}
      {plates.length > 0 && (
        <ul class="shortlist">
          {plates.map((plate) => (
            <li key={plate}>
              <KeptPlate
                plate={plate}
                application={application}
                view={view}
                day_figures={day_figures}
              />
              <Button kind="primary" usable={usable} onPress={() => onConfirm(plate)}>
                {t.confirm}
                <span class="heard"> {plate}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {plates.length > 1 && (
        <button type="button" class="wide" onClick={() => set_comparing(true)}>
          {t.compare}
        </button>
      )}
      {comparing && plates.length > 1 && (
        <Comparison
          view={view}
          application={application}
          plates={plates}
          day_figures={day_figures}
          onDone={() => set_comparing(false)}
        />
      )}
    </section>
  );
}

// Whether a plate may be confirmed now.
export function use_confirmable(view: View, application: Application): boolean {
  const { state } = view;
  const late = is_too_late(state.countdowns, "shortlist_ms", state.round_trip_ms, use_now());
  return is_ready(state) && !is_halted(application) && !late;
}

interface KeptPlateProps {
  view: View;
  application: Application;
  plate: string;
  day_figures: string[];
}

function KeptPlate({ view, application, plate, day_figures }: KeptPlateProps) {
  const { t } = view;
  const patterns = shown_patterns(plate, day_figures);
  return (
    <div class="keeps">
      <MarkedPlate plate={plate} of_class={application.class} patterns={patterns} />
      <span class="under">
        <span class="tag">{t.last_digit(last_digit(plate))}</span>
        <PatternTags patterns={patterns} t={t} />
      </span>
    </div>
  );
}

interface ComparisonProps {
  view: View;
  application: Application;
  plates: string[];
  day_figures: string[];
  onDone: () => void;
}

// Every plate as big as the screen allows, with what tells it from the others.
function Comparison({ view, application, plates, day_figures, onDone }: ComparisonProps) {
  const { t } = view;
  return (
    <Dialog
      title={t.compare_title}
      aside={<Ring view={view} name="shortlist_ms" label={t.shortlist} />}
      no={t.close}
      onNo={onDone}
    >
      <HeardCountdowns view={view} names={["shortlist_ms"]} />
      <ul class="comparison">
        {plates.map((plate) => {
          const patterns = shown_patterns(plate, day_figures);
          return (
            <li key={plate}>
              <MarkedPlate plate={plate} of_class={application.class} patterns={patterns} big />
              <dl>
                <div>
                  <dt>{t.last_digit_name}</dt>
                  <dd>{last_digit(plate)}</dd>
                </div>
                <div>
                  <dt>{t.four_name}</dt>
                  <dd>{plate.includes("4") ? t.yes : t.no}</dd>
                </div>
                <div>
                  <dt>{t.patterns_name}</dt>
                  <dd>
                    {patterns.length === 0
                      ? t.none
                      : patterns.map(({ kind, digits }) => t.patterns[kind](digits)).join(t.comma)}
                  </dd>
                </div>
              </dl>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
