// The one question before what cannot be undone.

import { Callout } from "../parts/callout";
import { Dialog } from "../parts/dialog";
import { Plate } from "../parts/plate";
import { Ring } from "../parts/ring";
import type { Application } from "../protocol";
import type { View } from "../view";
import { use_confirmable } from "./shortlist";

interface ConfirmDialogProps {
  view: View;
  application: Application;
  plate: string;
  onDone: () => void;
}

export function ConfirmDialog({ view, application, plate, onDone }: ConfirmDialogProps) {
  const { t } = view;
  const usable = use_confirmable(view, application);
  const confirm = () => {
    view.ask({ op: "confirm", vehicle: application.vehicle, plate });
    onDone();
  };
  return (
    <Dialog
      title={t.confirm_title}
      yes={t.confirm_yes}
      yes_usable={usable}
      no={t.confirm_no}
      onNo={onDone}
      onYes={confirm}
    >
      <figure>
        <Plate plate={plate} of_class={application.class} big />
        <figcaption>{t.illustration}</figcaption>
      </figure>
      <Ring view={view} name="shortlist_ms" label={t.shortlist} />
      <ul class="plain-points">
        {t.confirm_points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
      <Callout kind="warning" title={t.blacklist_title}>
        <p>{t.blacklist_warning}</p>
      </Callout>
    </Dialog>
  );
}
