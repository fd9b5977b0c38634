// Nobody is signed in. A demonstration has a login page of its own; otherwise the ticket comes from
// the platform upstream, whose name and address the server's operator has set, or not.

import { useEffect } from "preact/hooks";
import { StatePanel } from "../parts/state_panel";
import type { View } from "../view";

export function NoTicket({ view }: { view: View }) {
  const { state, t, mode, platform } = view;
  const to_login = mode === "demo" && !state.ever_open;
  useEffect(() => {
    if (to_login) location.replace("/login");
  }, [to_login]);
  return (
    <StatePanel icon="closed" tone="calm" title={t.no_ticket_title}>
      <p>{mode === "demo" ? t.no_ticket_demo : t.no_ticket(platform?.name ?? t.some_platform)}</p>
      {mode === "demo" ? (
        <a class="action" href="/login">
          {t.to_login}
        </a>
      ) : platform ? (
        <a class="action" href={platform.url}>
          {t.to_platform(platform.name)}
        </a>
      ) : (
        <button class="primary" type="button" onClick={() => location.reload()}>
          {t.again}
        </button>
      )}
    </StatePanel>
  );
}
