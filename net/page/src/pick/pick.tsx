// Third step: draw, keep aside, confirm. Shows the application as the server last said it; a plate
// counts as shortlisted or confirmed only when the server has answered so.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Callout } from "../parts/callout";
import { Failure } from "../parts/failure";
import { Heading } from "../parts/heading";
import { HeardCountdowns, HeardNews } from "../parts/heard";
import type { Application } from "../protocol";
import type { View } from "../view";
import { Batch } from "./batch";
import { ConfirmDialog } from "./confirm_dialog";
import { DayField, use_day } from "./day_field";
import { DrawBar } from "./draw_bar";
import { Shortlist } from "./shortlist";

interface StepProps {
  view: View;
  application: Application;
}

export function PickStep({ view, application }: StepProps) {
  const { t } = view;
  const [to_confirm, set_to_confirm] = useState<string | null>(null);
  const day = use_day();
  const shortlisted = application.shortlist?.plates ?? [];
  const [dock, is_high] = use_dock();
  const { failure, shortlist_lost } = view.state;
  const peeks = shortlisted.length > 0 || shortlist_lost || failure !== null;
  return (
    <div class="pick">
      <div class="head">
        <Heading text={t.steps.pick} />
        <p class="quiet">{t.illustration}</p>
      </div>
      <div
        ref={dock}
        class={`dock ${peeks ? "peeks" : ""} ${is_high ? "high" : ""}`}
      >
        <Failure view={view} />
        {shortlist_lost && (
          <Callout kind="warning" icon="clock">
            <p>{t.shortlist_over}</p>
          </Callout>
        )}
        <DrawBar view={view} application={application} onConfirm={set_to_confirm} />
      </div>
      <HeardNews view={view} application={application} />
      <HeardCountdowns view={view} names={["batch_ms", "shortlist_ms"]} />
      <div class="middle">
        <Batch view={view} application={application} day_figures={day.figures} />
      </div>
      <div class="side">
        <Shortlist
          view={view}
          application={application}
          day_figures={day.figures}
          onConfirm={set_to_confirm}
        />
        <DayField view={view} day={day} />
      </div>
      {to_confirm !== null && shortlisted.includes(to_confirm) && (
        <ConfirmDialog
          view={view}
          application={application}
          plate={to_confirm}
          onDone={() => set_to_confirm(null)}
        />
      )}
    </div>
  );
}

// The dock, and whether it is so high (with large text) that it leaves less than half of the screen to
// the plates.
function use_dock() {
  const dock = useRef<HTMLDivElement>(null);
  const [is_high, set_high] = useState(false);
  useLayoutEffect(() => {
    const element = dock.current;
    if (!element) return;
    const watch = new ResizeObserver(() => set_high(element.offsetHeight > innerHeight / 2));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return [dock, is_high] as const;
}
