// The waiting room: the lobby before an office opens, and the queue: where the owner stands, how long
// it may take, that nothing is lost by standing there, and how to give the place up.

import { useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Callout } from "../parts/callout";
import { Failure } from "../parts/failure";
import { Heading } from "../parts/heading";
import type { LobbyPlace, QueuePlace } from "../protocol";
import { can_ask, type Waiting } from "../reducer";
import type { Texts } from "../texts";
import type { View } from "../view";
import { use_now } from "../view";
import { long_time_text } from "../when";

export function WaitingRoom({ view, waiting }: { view: View; waiting: Waiting }) {
  const { t } = view;
  const { place } = waiting;
  const lobby = place !== null && "lobby" in place;
  return (
    <section class="queue">
      <Heading text={lobby ? t.lobby_title : t.waiting_title} />
      <p class="lead">{lobby ? t.lobby_lead : t.errors.waiting}</p>
      <div class="card">
        {place === null && <p class="quiet">{t.waiting_unknown}</p>}
        {place !== null &&
          (lobby ? <Lobby view={view} place={place} /> : <Queue place={place as QueuePlace} t={t} />)}
      </div>
      <Callout kind="info" title={t.waiting_keep}>
        <p>{lobby ? t.lobby_note : t.waiting_note}</p>
      </Callout>
      <Failure view={view} />
      {place !== null && <GiveUp view={view} office={place.office} />}
    </section>
  );
}

// How long it is until the office opens, and how many wait for that.
function Lobby({ view, place }: { view: View; place: LobbyPlace }) {
  const { state, t } = view;
  const now = use_now();
  const left = (place.opens_at ?? 0) + (state.clock_offset ?? 0) - now;
  const opens = place.opens_at === null ? "" : long_time_text(left, t);
  return (
    <>
      <dl class="figures">
        <div>
          <dt>{t.lobby_size}</dt>
          <dd class="position">{place.lobby.toLocaleString("en-US")}</dd>
        </div>
      </dl>
      <Flow />
      <p class="strong" role="status">
        {opens === "" ? t.opening : t.opens_in(opens)}
      </p>
    </>
  );
}

function Queue({ place, t }: { place: QueuePlace; t: Texts }) {
  return (
    <>
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
          <dd>{place.admitted_per_minute?.toLocaleString("en-US") ?? "–"}</dd>
        </div>
      </dl>
      <Flow />
      {/* Only the coarse words are announced, and only when they change. */}
      <p class="strong" role="status">
        {eta_text(place, t)}
      </p>
    </>
  );
}

function Flow() {
  return (
    <div class="flow" aria-hidden="true">
      <i />
    </div>
  );
}

// An estimate must not look exact: half a minute, or whole minutes rounded up. One word where both
// ends of the range are the same.
function eta_text({ eta_low_ms, eta_high_ms }: QueuePlace, t: Texts): string {
  if (eta_low_ms === null || eta_high_ms === null) return t.waiting_eta_unknown;
  const low = duration(eta_low_ms, t);
  const high = duration(eta_high_ms, t);
  return t.waiting_eta(low, high === low ? null : high);
}

function duration(ms: number, t: Texts): string {
  return ms <= 30_000 ? t.half_minute : t.minutes(Math.ceil(ms / 60_000));
}

// What cannot be taken back is asked for twice.
function GiveUp({ view, office }: { view: View; office: string }) {
  const { state, t } = view;
  const [sure, set_sure] = useState(false);
  const usable = can_ask(state);
  if (!sure) {
    return (
      <Button kind="plain" usable={usable} onPress={() => set_sure(true)}>
        {t.give_up}
      </Button>
    );
  }
  return (
    <>
      <p role="alert">{t.give_up_sure}</p>
      <div class="bar">
        <Button usable onPress={() => set_sure(false)}>
          {t.give_up_no}
        </Button>
        <Button usable={usable} onPress={() => view.ask({ op: "give_up", office })}>
          {t.give_up_yes}
        </Button>
      </div>
    </>
  );
}
