// The three ends of a selection: reserved, issued, lapsed.

import { Facts } from "../parts/facts";
import { Heading } from "../parts/heading";
import { Plate } from "../parts/plate";
import type { Application } from "../protocol";
import type { View } from "../view";
import { day_text, when_text } from "../when";

interface StepProps {
  view: View;
  application: Application;
}

export function DoneStep({ view, application }: StepProps) {
  const { t, language } = view;
  const reservation = application.reservation;
  if (!reservation) return null;
  return (
    <>
      <Heading text={t.steps.done} />
      <p class="centre">
        <Plate plate={reservation.plate} of_class={application.class} big />
      </p>
      <p class="centre">{t.done_lead}</p>
      <Facts
        facts={[
          [t.deadline, <b>{day_text(reservation.deadline, language)}</b>],
          [t.how, reservation.auto ? t.done_auto : t.done_own],
          [t.office, application.office],
          [t.vehicle, application.vehicle],
          [t.sequence, String(reservation.sequence)],
        ]}
      />
      <p>
        <a class="action" href={reservation.voucher}>
          {t.voucher}
        </a>
      </p>
      <p class="warning">{t.deadline_note}</p>
    </>
  );
}

export function IssuedStep({ view, application }: StepProps) {
  const { t } = view;
  return (
    <>
      <Heading text={t.steps.issued} />
      <ReservedPlate application={application} />
      <p class="centre">{t.issued_lead}</p>
      <Facts
        facts={[
          [t.office, application.office],
          [t.vehicle, application.vehicle],
        ]}
      />
    </>
  );
}

export function LapsedStep({ view, application }: StepProps) {
  const { t, language } = view;
  const until = application.blacklisted_until ?? null;
  return (
    <>
      <Heading text={t.steps.lapsed} />
      <ReservedPlate application={application} />
      <p>{t.lapsed_lead}</p>
      {until !== null && <p class="warning">{t.lapsed_until(when_text(until, language))}</p>}
      <p>{t.lapsed_next}</p>
    </>
  );
}

function ReservedPlate({ application }: { application: Application }) {
  if (!application.reservation) return null;
  return (
    <p class="centre">
      <Plate plate={application.reservation.plate} of_class={application.class} big />
    </p>
  );
}
