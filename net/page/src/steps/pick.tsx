// Third step: draw, keep aside, confirm. Shows the application as the server last said it; a plate
// counts as shortlisted or confirmed only when the server has answered so.

import { useState } from "preact/hooks";
import { clock_text, left_ms } from "../countdown";
import { Button } from "../parts/button";
import { Clock } from "../parts/clock";
import { Dialog } from "../parts/dialog";
import { Failure, RetryHint } from "../parts/failure";
import { Heading } from "../parts/heading";
import { Plate } from "../parts/plate";
import type { Application } from "../protocol";
import { is_halted, is_last_draw, is_ready } from "../reducer";
import type { View } from "../view";
import { use_now } from "../view";

interface StepProps {
  view: View;
  application: Application;
}

export function PickStep({ view, application }: StepProps) {
  const { t } = view;
  const [to_confirm, set_to_confirm] = useState<string | null>(null);
  const shortlisted = application.shortlist?.plates ?? [];
  return (
    <>
      <Heading text={t.steps.pick} />
      <DrawPanel view={view} application={application} />
      <Failure view={view} />
      <RetryHint view={view} />
      {application.fallback && <p class="warning">{t.fallback(application.fallback)}</p>}
      {application.draw > 0 && <Batch view={view} application={application} />}
      {application.draw > 0 && (
        <Shortlist view={view} application={application} onConfirm={set_to_confirm} />
      )}
      <VerifiedHint view={view} application={application} />
      {to_confirm !== null && shortlisted.includes(to_confirm) && (
        <ConfirmDialog
          view={view}
          application={application}
          plate={to_confirm}
          onDone={() => set_to_confirm(null)}
        />
      )}
    </>
  );
}

function DrawPanel({ view, application }: StepProps) {
  const { state, t } = view;
  const [without4, set_without4] = useState(false);
  const [asking, set_asking] = useState(false);
  const drawing = state.pending.some((each) => each.request.op === "draw");
  const usable = is_ready(state) && !is_halted(application);
  const draw = () => {
    set_asking(false);
    const { vehicle, draw: latest } = application;
    view.ask({ op: "draw", vehicle, draw: latest + 1, without4 });
  };
  return (
    <section class="draw">
      <div class="bar">
        <p class="count">
          {t.draws_left} <b>{application.draws_left}</b>
        </p>
        {application.draws_left > 0 && (
          <label class="tick">
            <input
              type="checkbox"
              checked={without4}
              onChange={(event) => set_without4(event.currentTarget.checked)}
            />
            {t.without4}
          </label>
        )}
      </div>
      {application.draws_left > 0 && (
        <>
          <Button
            kind="primary"
            usable={usable}
            onPress={() => (is_last_draw(application) ? set_asking(true) : draw())}
          >
            {drawing ? t.drawing : application.draw === 0 ? t.draw_first : t.draw_next}
          </Button>
          {is_last_draw(application) ? (
            <p class="warning">{t.last_draw_warning}</p>
          ) : application.draw === 0 ? (
            <p class="quiet">{t.pick_lead}</p>
          ) : (
            application.batch && <p class="quiet">{t.draw_replaces}</p>
          )}
        </>
      )}
      {asking && is_last_draw(application) && (
        <Dialog
          title={t.last_draw_title}
          yes={t.last_draw_yes}
          no={t.confirm_no}
          onYes={draw}
          onNo={() => set_asking(false)}
        >
          <p>{t.last_draw_warning}</p>
        </Dialog>
      )}
    </section>
  );
}

function Batch({ view, application }: StepProps) {
  const { state, t } = view;
  const { batch, shortlist, fallback } = application;
  const usable = is_ready(state) && !is_halted(application);
  return (
    <section aria-labelledby="batch">
      <div class="bar">
        <h2 id="batch">
          {t.batch} <span class="quiet">{t.batch_number(application.draw)}</span>
        </h2>
        <Clock view={view} name="batch_ms" label={t.batch} />
      </div>
      {batch ? (
        <>
          <p class="quiet">{t.batch_hint}</p>
          <ul class="plates">
            {batch.plates.map((plate) => (
              <li key={plate}>
                <PlateChoice
                  view={view}
                  application={application}
                  plate={plate}
                  kept={shortlist?.plates.includes(plate) ?? false}
                  by_default={plate === fallback}
                  usable={usable}
                />
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p class="quiet">{t.batch_over}</p>
      )}
    </section>
  );
}

interface PlateChoiceProps extends StepProps {
  plate: string;
  kept: boolean;
  by_default: boolean;
  usable: boolean;
}

function PlateChoice({ view, application, plate, kept, by_default, usable }: PlateChoiceProps) {
  const { t } = view;
  const choose = () => {
    if (usable && !kept) view.ask({ op: "shortlist", vehicle: application.vehicle, plate });
  };
  return (
    <button
      type="button"
      class="choice"
      aria-pressed={kept}
      aria-disabled={!usable}
      onClick={choose}
    >
      <Plate plate={plate} of_class={application.class} />
      {(kept || by_default) && <span class="mark">{kept ? t.shortlisted : t.fallback_mark}</span>}
    </button>
  );
}

interface ShortlistProps extends StepProps {
  onConfirm: (plate: string) => void;
}

function Shortlist({ view, application, onConfirm }: ShortlistProps) {
  const { state, t } = view;
  const { shortlist } = application;
  const usable = is_ready(state) && !is_halted(application);
  return (
    <section aria-labelledby="shortlist">
      <div class="bar">
        <h2 id="shortlist">{t.shortlist}</h2>
        <Clock view={view} name="shortlist_ms" label={t.shortlist} />
      </div>
      {shortlist && shortlist.plates.length > 0 ? (
        <ul class="shortlist">
          {shortlist.plates.map((plate) => (
            <li key={plate}>
              <Plate plate={plate} of_class={application.class} />
              <Button kind="primary" usable={usable} onPress={() => onConfirm(plate)}>
                {t.confirm}
                <span class="heard"> {plate}</span>
              </Button>
            </li>
          ))}
        </ul>
      ) : (
        <p class="quiet">{t.shortlist_empty}</p>
      )}
    </section>
  );
}

interface ConfirmDialogProps extends StepProps {
  plate: string;
  onDone: () => void;
}

function ConfirmDialog({ view, application, plate, onDone }: ConfirmDialogProps) {
  const { t } = view;
  return (
    <Dialog
      title={t.confirm_title}
      yes={t.confirm_yes}
      no={t.confirm_no}
      onNo={onDone}
      onYes={() => {
        view.ask({ op: "confirm", vehicle: application.vehicle, plate });
        onDone();
      }}
    >
      <p class="centre">
        <Plate plate={plate} of_class={application.class} big />
      </p>
      <Clock view={view} name="shortlist_ms" label={t.shortlist} />
      <ul class="points">
        {t.confirm_points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
    </Dialog>
  );
}

// Verification stands while a hold is live, so it is worth words only when none is.
function VerifiedHint({ view, application }: StepProps) {
  const left = left_ms(view.state.countdowns, "verified_ms", use_now());
  if (left === null || application.batch || application.shortlist) return null;
  return <p class="quiet">{view.t.verified_left(clock_text(left))}</p>;
}
