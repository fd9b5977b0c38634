// What holds the owner up without being their doing: the connection and the office.

import { seconds } from "../countdown";
import type { Application, OfficeState } from "../protocol";
import type { View } from "../view";
import { use_now } from "../view";
import { when_text } from "../when";
import { Callout } from "./callout";
import type { IconName } from "./icon";

export function LinkStatus({ view }: { view: View }) {
  const { state, t } = view;
  const now = use_now();
  const broken = state.link === "broken" && state.reconnect_at !== null;
  const reconnecting = state.link === "connecting" && state.ever_open;
  const wait_s = Math.max(0, seconds((state.reconnect_at ?? now) - now));
  return (
    <div class="link" role="status">
      {(broken || reconnecting) && (
        <Callout kind="warning" icon="cloud" title={t.broken}>
          <p>{t.no_loss}</p>
          {/* Outside of what is announced: nobody wants every second of it read out. */}
          <p class="quiet" aria-live="off">
            {broken ? t.reconnect_in(wait_s) : t.reconnecting}
          </p>
        </Callout>
      )}
    </div>
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
          </Callout>
        </div>
      )}
    </div>
  );
}
