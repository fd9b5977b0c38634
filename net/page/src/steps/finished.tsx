// The three ends of a selection: reserved, issued, lapsed.

import { Callout } from "../parts/callout";
import { Facts } from "../parts/facts";
import type { Fact } from "../parts/facts";
import { Icon } from "../parts/icon";
import { Plate } from "../parts/plate";
import { StatePanel } from "../parts/state_panel";
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
      <StatePanel icon="check" tone="good" title={t.done_title}>
        <p>{reservation.auto ? t.done_auto : t.done_own}</p>
        <DrawnPlate view={view} application={application} />
        <p class="deadline">
          <span>{t.deadline}</span>
          <b>{day_text(reservation.deadline, language)}</b>
        </p>
        <a class="action" href={reservation.voucher}>
          <Icon name="print" />
          {t.voucher}
        </a>
      </StatePanel>
      <Callout kind="warning" title={t.blacklist_title}>
        <p>{t.deadline_note}</p>
      </Callout>
      <section class="card">
        <h2>{t.next_title}</h2>
        <ol class="points">
          {t.next_points.map(({ title, text }) => (
            <li key={title}>
              <span class="strong">{title}</span>
              <span>{text}</span>
            </li>
          ))}
        </ol>
      </section>
      <section class="card">
        <h2>{t.details}</h2>
        <Facts
          facts={[
            ...about_vehicle(view, application),
            [t.how, reservation.auto ? t.by_system : t.by_owner],
            [t.sequence, String(reservation.sequence)],
          ]}
        />
      </section>
    </>
  );
}

export function IssuedStep({ view, application }: StepProps) {
  const { t } = view;
  return (
    <>
      <StatePanel icon="check" tone="good" title={t.issued_title}>
        <p>{t.issued_lead}</p>
        <DrawnPlate view={view} application={application} />
      </StatePanel>
      <section class="card">
        <h2>{t.details}</h2>
        <Facts facts={about_vehicle(view, application)} />
      </section>
    </>
  );
}

export function LapsedStep({ view, application }: StepProps) {
  const { t, language } = view;
  const until = application.blacklisted_until ?? null;
  return (
    <>
      <StatePanel icon="clock" tone="bad" title={t.steps.lapsed}>
        <p>{t.lapsed_lead}</p>
        {until !== null && (
          <p class="deadline">
            <span>{t.lapsed_until}</span>
            <b>{when_text(until, language)}</b>
          </p>
        )}
        <p>{t.lapsed_next}</p>
      </StatePanel>
      <section class="card">
        <h2>{t.details}</h2>
        <Facts facts={about_vehicle(view, application)} />
      </section>
    </>
  );
}

function about_vehicle({ t }: View, application: Application): Fact[] {
  return [
    [t.vehicle, application.vehicle],
    [t.office, application.office],
    [t.plate_class, `${t.classes[application.class]} · ${t.powers[application.power]}`],
  ];
}

function DrawnPlate({ view, application }: StepProps) {
  if (!application.reservation) return null;
  return (
    <figure>
      <Plate plate={application.reservation.plate} of_class={application.class} big />
      <figcaption>{view.t.illustration}</figcaption>
    </figure>
  );
}
