// Nobody is signed in. A demonstration has a login page of its own; otherwise the ticket comes from
// the platform upstream, of which this page knows no address.

import { useEffect } from "preact/hooks";
import { StatePanel } from "../parts/state_panel";
import type { View } from "../view";

export function NoTicket({ view }: { view: View }) {
  const { state, t, mode } = view;
  const to_login = mode === "demo" && !state.ever_open;
  useEffect(() => {
    if (to_login) location.replace("/login");
  }, [to_login]);
  return (
    <StatePanel icon="closed" tone="calm" title={t.no_ticket_title}>
      <p>{mode === "demo" ? t.no_ticket_demo : t.no_ticket}</p>
      {mode === "demo" ? (
        <a class="action" href="/login">
          {t.to_login}
        </a>
      ) : (
        <button class="primary" type="button" onClick={() => location.reload()}>
          {t.again}
        </button>
      )}
    </StatePanel>
  );
}
