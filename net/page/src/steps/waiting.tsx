// The waiting room: where the owner stands, and that nothing is lost by standing there.

import { Heading } from "../parts/heading";
import type { Waiting } from "../reducer";
import type { Texts } from "../texts";
import type { View } from "../view";

export function WaitingRoom({ view, waiting }: { view: View; waiting: Waiting }) {
  const { t } = view;
  const place = waiting.place;
  return (
    <>
      <Heading text={t.waiting_title} />
      <div role="status">
        <p>{t.errors.waiting}</p>
        {place && <p class="count">{t.waiting_place(place.position)}</p>}
        {place && (
          <p>
            {t.waiting_eta(
              duration(place.eta_low_ms ?? place.eta_ms, t),
              duration(place.eta_high_ms ?? place.eta_ms, t),
            )}
          </p>
        )}
      </div>
      <p class="quiet">{t.waiting_note}</p>
    </>
  );
}

// An estimate must not look exact: half a minute, or whole minutes rounded up.
function duration(ms: number, t: Texts): string {
  return ms <= 30_000 ? t.half_minute : t.minutes(Math.ceil(ms / 60_000));
}
