// Draws: how many are left, what the next one costs and does, and the button for it. On a phone it
// stays at the lower edge of the screen.

import { useEffect, useState } from "preact/hooks";
import { clock_text, left_ms } from "../countdown";
import type { HoldName } from "../countdown";
import { Button } from "../parts/button";
import { Callout } from "../parts/callout";
import { Dialog } from "../parts/dialog";
import { DrawsLeft } from "../parts/draws_left";
import { Icon } from "../parts/icon";
import type { Application } from "../protocol";
import { is_halted, is_last_draw, is_ready } from "../reducer";
import type { View } from "../view";
import { use_now } from "../view";
import { short_day_text } from "../when";
import { use_confirmable } from "./shortlist";

interface StepProps {
  view: View;
  application: Application;
}

// How long the button rests after a draw: a second tap meant for the first must not cost another.
const kRestMs = 1_200;

interface DrawBarProps extends StepProps {
  onConfirm: (plate: string) => void;
}

export function DrawBar({ view, application, onConfirm }: DrawBarProps) {
  const { t } = view;
  const { draws_left, fallback } = application;
  const [without4, set_without4] = useState(false);
  if (draws_left === 0) {
    return (
      <section class="draw used-up" aria-label={t.draws_left}>
        <Callout kind="warning">
          <p>{fallback ? t.fallback(fallback) : t.no_draws_hint}</p>
        </Callout>
        <Times view={view} application={application} />
        <div class="bar">
          <DrawsLeft view={view} application={application} />
          <ToConfirm view={view} application={application} onConfirm={onConfirm} />
        </div>
      </section>
    );
  }
  return (
    <section class="draw" aria-label={t.draws_left}>
      <Times view={view} application={application} />
      <div class="bar">
        <DrawsLeft view={view} application={application} />
        <label class="tick switch">
          <input
            type="checkbox"
            role="switch"
            checked={without4}
            onChange={(event) => set_without4(event.currentTarget.checked)}
          />
          {t.without4}
        </label>
      </div>
      <div class="deeds">
        <DrawButton view={view} application={application} without4={without4} />
        <ToConfirm view={view} application={application} onConfirm={onConfirm} />
      </div>
      <p class="quiet cost">{cost_of_draw(view, application)}</p>
      <VerifiedHint view={view} application={application} />
    </section>
  );
}

const kTimes: HoldName[] = ["batch_ms", "shortlist_ms"];

// Both countdowns in short, where the shortlist itself is out of sight.
function Times({ view, application }: StepProps) {
  const { state, t } = view;
  const now = use_now();
  if (!application.shortlist) return null;
  return (
    <p class="times">
      {kTimes.map((name) => {
        const left = left_ms(state.countdowns, name, now);
        if (left === null) return null;
        const label = name === "batch_ms" ? t.batch : t.shortlist;
        return (
          <span key={name}>
            {name === "batch_ms" ? t.batch_time : t.shortlist_time}{" "}
            <b role="timer" aria-live="off" aria-label={label}>
              {clock_text(left)}
            </b>
          </span>
        );
      })}
    </p>
  );
}

// From the dock to the question; with more than one plate to choose from, to the shortlist.
function ToConfirm({ view, application, onConfirm }: DrawBarProps) {
  const usable = use_confirmable(view, application);
  const [only, ...more] = application.shortlist?.plates ?? [];
  if (only === undefined) return null;
  const go = () => {
    if (more.length === 0) return onConfirm(only);
    const shortlist = document.getElementById("shortlist");
    shortlist?.scrollIntoView({ block: "start" });
    shortlist?.focus({ preventScroll: true });
  };
  return (
    <span class="to-confirm">
      <Button kind={application.draws_left === 0 ? "primary" : "second"} usable={usable} onPress={go}>
        {view.t.to_confirm}
        {more.length > 0 && ` (${more.length + 1})`}
      </Button>
    </span>
  );
}

// What the next draw takes and does, in a sentence.
function cost_of_draw({ t }: View, application: Application): string {
  if (is_last_draw(application)) return t.last_draw_short;
  if (application.draw === 0) return t.draw_costs;
  return application.shortlist ? t.draw_replaces_and_restarts : t.draw_replaces;
}

function DrawButton({ view, application, without4 }: StepProps & { without4: boolean }) {
  const { state, t } = view;
  const deadline = application.deadline_if_confirmed;
  const [asking, set_asking] = useState(false);
  const rested = use_rested(application.draw);
  const drawing = state.pending.some((each) => each.request.op === "draw");
  const usable = is_ready(state) && !is_halted(application) && rested;
  const draw = () => {
    set_asking(false);
    const { vehicle, draw: latest } = application;
    view.ask({ op: "draw", vehicle, draw: latest + 1, without4 });
  };
  return (
    <>
      <Button
        kind="primary"
        usable={usable}
        onPress={() => (is_last_draw(application) ? set_asking(true) : draw())}
      >
        <Icon name="redraw" />
        {drawing ? t.drawing : application.draw === 0 ? t.draw_first : t.draw_next}
      </Button>
      {asking && is_last_draw(application) && (
        <Dialog
          title={t.last_draw_title}
          yes={t.last_draw_yes}
          yes_usable={usable}
          no={t.confirm_no}
          onYes={draw}
          onNo={() => set_asking(false)}
        >
          <Callout kind="warning">
            <p>{t.last_draw_warning}</p>
            {deadline !== undefined && <p>{t.collect_by(short_day_text(deadline, view.language))}</p>}
            <p>{t.blacklist_warning(application.blacklist_years)}</p>
          </Callout>
        </Dialog>
      )}
    </>
  );
}

// False for a moment after `draw` has become another one.
function use_rested(draw: number): boolean {
  const [rested, set_rested] = useState(draw);
  useEffect(() => {
    const timer = setTimeout(() => set_rested(draw), kRestMs);
    return () => clearTimeout(timer);
  }, [draw]);
  return rested === draw;
}

// Verification stands while a hold is live, so it is worth words only when none is.
function VerifiedHint({ view, application }: StepProps) {
  const left = left_ms(view.state.countdowns, "verified_ms", use_now());
  if (left === null || application.batch || application.shortlist) return null;
  return <p class="quiet">{view.t.verified_left(clock_text(left))}</p>;
}
