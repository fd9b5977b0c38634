// The waiting room: where the owner stands, how long it may take, and that nothing is lost by
// standing there.

import { Callout } from "../parts/callout";
import { Heading } from "../parts/heading";
import type { Place } from "../protocol";
import type { Waiting } from "../reducer";
import type { Texts } from "../texts";
import type { View } from "../view";

export function WaitingRoom({ view, waiting }: { view: View; waiting: Waiting }) {
  const { t } = view;
  const { place } = waiting;
  return (
    <section class="queue">
      <Heading text={t.waiting_title} />
      <p class="lead">{t.errors.waiting}</p>
      <div class="card">
        {place ? <Standing place={place} t={t} /> : <p class="quiet">{t.waiting_unknown}</p>}
        <div class="flow" aria-hidden="true">
          <i />
        </div>
        {/* Only the coarse words are announced, and only when they change. */}
        <p class="strong" role="status">
          {place && t.waiting_eta(...range_of(place, t))}
        </p>
      </div>
      <Callout kind="info" title={t.waiting_keep}>
        <p>{t.waiting_note}</p>
      </Callout>
    </section>
  );
}

function Standing({ place, t }: { place: Place; t: Texts }) {
  return (
    <dl class="figures">
      <div>
        <dt>{t.waiting_position}</dt>
        <dd class="position">{place.position.toLocaleString("en-US")}</dd>
      </div>
      <div>
        <dt>{t.waiting_ahead}</dt>
        <dd>{place.ahead.toLocaleString("en-US")}</dd>
      </div>
      <div>
        <dt>{t.waiting_rate}</dt>
        <dd>{place.admitted_per_minute.toLocaleString("en-US")}</dd>
      </div>
    </dl>
  );
}

// An estimate must not look exact: half a minute, or whole minutes rounded up. One word where both
// ends of the range are the same.
function range_of(place: Place, t: Texts): [low: string, high: string | null] {
  const low = duration(place.eta_low_ms, t);
  const high = duration(place.eta_high_ms, t);
  return [low, high === low ? null : high];
}

function duration(ms: number, t: Texts): string {
  return ms <= 30_000 ? t.half_minute : t.minutes(Math.ceil(ms / 60_000));
}
