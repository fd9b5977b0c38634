// The ends of a selection: reserved, issued, lapsed, and barred by the blacklist.

import { about_vehicle, OfficeFacts } from "../parts/about";
import { Callout } from "../parts/callout";
import { Facts } from "../parts/facts";
import { Icon } from "../parts/icon";
import { Plate } from "../parts/plate";
import { StatePanel } from "../parts/state_panel";
import type { Application } from "../protocol";
import type { View } from "../view";
import { day_text, short_day_text, when_text } from "../when";

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
      <Callout kind="warning" title={t.collect_by(short_day_text(reservation.deadline, language))}>
        <p>{t.blacklist_warning(application.blacklist_years)}</p>
      </Callout>
      <section class="card">
        <h2>{t.next_title}</h2>
        <OfficeFacts view={view} application={application} />
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
  const { t } = view;
  return (
    <>
      <StatePanel icon="clock" tone="bad" title={t.steps.lapsed}>
        <p>{t.lapsed_lead}</p>
        <BlacklistedUntil view={view} application={application} />
      </StatePanel>
      <section class="card">
        <h2>{t.details}</h2>
        <Facts facts={about_vehicle(view, application)} />
      </section>
    </>
  );
}

// Somebody put the owner on the blacklist while they were selecting.
export function BarredStep({ view, application }: StepProps) {
  const { t } = view;
  return (
    <StatePanel icon="closed" tone="bad" title={t.refused_titles.blacklisted ?? t.refused_title}>
      <p role="alert">{t.blacklisted_lead}</p>
      <BlacklistedUntil view={view} application={application} />
      <OfficeFacts view={view} application={application} />
    </StatePanel>
  );
}

function BlacklistedUntil({ view, application }: StepProps) {
  const { t, language } = view;
  const until = application.blacklisted_until ?? null;
  return (
    <>
      {until !== null && (
        <p class="deadline">
          <span>{t.lapsed_until}</span>
          <b>{when_text(until, language)}</b>
        </p>
      )}
      <p>{t.lapsed_next}</p>
    </>
  );
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
