// What holds the owner up without being his doing: the connection and the office.

import { seconds } from "../countdown";
import type { Application } from "../protocol";
import type { View } from "../view";
import { use_now } from "../view";
import { when_text } from "../when";

export function LinkStatus({ view }: { view: View }) {
  const { state, t } = view;
  const now = use_now();
  let text = "";
  if (state.link === "broken" && state.reconnect_at !== null) {
    text = t.broken(Math.max(0, seconds(state.reconnect_at - now)));
  } else if (state.link === "connecting" && state.ever_open) {
    text = t.reconnecting;
  }
  return <div role="status">{text !== "" && <p class="warning">{text}</p>}</div>;
}

export function OfficeStatus({ view, application }: { view: View; application: Application }) {
  const { state, t, language } = view;
  const text = t.office_states[application.office_state];
  const finished = ["done", "issued", "lapsed"].includes(application.step);
  return (
    <div role="status">
      {text !== "" && !finished && (
        <p class="warning" data-office={application.office_state}>
          {text}
          {state.office_until !== null &&
            ` ${t.office_until(when_text(state.office_until, language))}`}
        </p>
      )}
    </div>
  );
}
