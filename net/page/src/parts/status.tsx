// What holds the owner up without being their doing: the connection and the office.

import { seconds } from "../countdown";
import type { Application, OfficeState } from "../protocol";
import { plate_in_confirmation } from "../standing";
import type { View } from "../view";
import { use_now } from "../view";
import { long_time_text, when_text } from "../when";
import { Callout } from "./callout";
import type { IconName } from "./icon";

// An answer that takes longer than this is waited for in words.
const kSlowMs = 3_000;
// A confirmation is the one wish that cannot be taken back, so it is told sooner.
const kConfirmingMs = 400;

export function LinkStatus({ view }: { view: View }) {
  const { state } = view;
  const broken = state.link === "broken" && state.reconnect_at !== null;
  const reconnecting = state.link === "connecting" && state.ever_open;
  return (
    <div class="link" role="status">
      {broken || reconnecting ? <Broken view={view} broken={broken} /> : <Slow view={view} />}
    </div>
  );
}

function Broken({ view, broken }: { view: View; broken: boolean }) {
  const { state, t } = view;
  const now = use_now();
  const wait_s = Math.max(0, seconds((state.reconnect_at ?? now) - now));
  const title = navigator.onLine === false ? t.offline : t.broken;
  return (
    <Callout kind="warning" icon="cloud" title={title}>
      <p>{state.unsure === null ? t.no_loss : t.unsure(state.unsure)}</p>
      {/* Outside of what is announced: nobody wants every second of it read out. */}
      <div class="bar quiet" aria-live="off">
        <p>{broken ? t.reconnect_in(wait_s) : t.reconnecting}</p>
        {broken && (
          <button type="button" onClick={view.reconnect_now}>
            {t.reconnect_now}
          </button>
        )}
      </div>
    </Callout>
  );
}

// An answer is late: that it is waited for, and what that means for a plate.
function Slow({ view }: { view: View }) {
  const { state, t } = view;
  const now = use_now();
  const asked_at = state.pending[0]?.asked_at ?? now;
  const plate = plate_in_confirmation(state);
  if (plate !== null && now - asked_at > kConfirmingMs) {
    return (
      <Callout kind="info" icon="clock" title={t.confirming(plate)}>
        <p>{t.confirming_text}</p>
      </Callout>
    );
  }
  if (now - asked_at <= kSlowMs) return null;
  return (
    <Callout kind="info" icon="clock">
      <p>{t.slow}</p>
    </Callout>
  );
}

const kIcons: Record<OfficeState, IconName> = {
  open: "info",
  closed: "closed",
  paused: "pause",
  maintenance: "pause",
};

export function OfficeStatus({ view, application }: { view: View; application: Application }) {
  const { state, t, language } = view;
  const { office_state } = application;
  const words = t.office_states[office_state];
  const finished = ["done", "issued", "lapsed"].includes(application.step);
  return (
    <div role="status">
      {words && !finished && (
        <div data-office={office_state}>
          <Callout kind="warning" icon={kIcons[office_state]} title={words.title}>
            <p>
              {words.text}
              {state.office_until !== null &&
                ` ${t.office_until(when_text(state.office_until, language))}`}
            </p>
            <Opening view={view} application={application} />
          </Callout>
        </div>
      )}
    </div>
  );
}

// When a closed office opens, and how long that is.
function Opening({ view, application }: { view: View; application: Application }) {
  const { state, t, language } = view;
  const now = use_now();
  const { opens_at } = application;
  if (opens_at === undefined || state.clock_offset === null) return null;
  const left = long_time_text(opens_at + state.clock_offset - now, t);
  return (
    <>
      <p class="strong">{t.opens(when_text(opens_at, language))}</p>
      <p class="quiet" aria-live="off" role="timer">
        {left === "" ? t.opening : t.opens_in(left)}
      </p>
    </>
  );
}
