// A vehicle was chosen and its selection is not here: it is on its way, or the server refused to
// open it.

import { Failure } from "../parts/failure";
import type { IconName } from "../parts/icon";
import { StatePanel } from "../parts/state_panel";
import type { ErrorCode } from "../protocol";
import { comes_again } from "../reducer";
import type { View } from "../view";

const kIcons: Partial<Record<ErrorCode, IconName>> = {
  maintenance: "pause",
  blacklisted: "closed",
  overloaded: "people",
  shutting_down: "pause",
};

export function Entering({ view }: { view: View }) {
  const { state, t } = view;
  const { failure } = state;
  if (!failure) {
    return (
      <p class="quiet" role="status">
        {state.link === "open" ? t.entering : t.connecting}
      </p>
    );
  }
  const { code } = failure;
  return (
    <StatePanel
      icon={kIcons[code] ?? "alert"}
      tone={comes_again(code) ? "calm" : "bad"}
      title={t.refused_titles[code] ?? t.refused_title}
    >
      <Failure view={view} />
      {comes_again(code) && <p class="quiet">{t.comes_again}</p>}
      <button class="primary" type="button" onClick={view.enter_now}>
        {t.again}
      </button>
    </StatePanel>
  );
}
