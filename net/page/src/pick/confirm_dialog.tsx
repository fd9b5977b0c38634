// The one question before what cannot be undone.

import { Dialog } from "../parts/dialog";
import { HeardCountdowns } from "../parts/heard";
import { Plate } from "../parts/plate";
import { Ring } from "../parts/ring";
import type { Application } from "../protocol";
import type { View } from "../view";
import { short_day_text } from "../when";
import { use_confirmable } from "./shortlist";

interface ConfirmDialogProps {
  view: View;
  application: Application;
  plate: string;
  onDone: () => void;
}

export function ConfirmDialog({ view, application, plate, onDone }: ConfirmDialogProps) {
  const { t, language } = view;
  const usable = use_confirmable(view, application);
  const deadline = application.deadline_if_confirmed;
  const confirm = () => {
    view.ask({ op: "confirm", vehicle: application.vehicle, plate });
    onDone();
  };
  return (
    <Dialog
      title={t.confirm_title}
      aside={<Ring view={view} name="shortlist_ms" label={t.shortlist} />}
      subject={
        <figure>
          <Plate plate={plate} of_class={application.class} big />
          {deadline !== undefined && (
            <figcaption class="strong">{t.collect_by(short_day_text(deadline, language))}</figcaption>
          )}
        </figure>
      }
      yes={t.confirm_yes}
      yes_usable={usable}
      no={t.confirm_no}
      onNo={onDone}
      onYes={confirm}
    >
      <ul class="plain-points">
        {t.confirm_points.map((point) => (
          <li key={point}>{point}</li>
        ))}
        <li class="strong">{t.blacklist_warning(application.blacklist_years)}</li>
      </ul>
      <p class="quiet">{t.illustration}</p>
      {/* What is outside of an open dialog is not heard. */}
      <HeardCountdowns view={view} names={["shortlist_ms"]} />
    </Dialog>
  );
}
