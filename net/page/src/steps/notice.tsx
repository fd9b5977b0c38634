// Second step: what is about to happen, in short; then an SMS code shows that it is the owner, and
// opens the selection. Its button waits a moment, so that nobody opens it unread.

import { useEffect, useState } from "preact/hooks";
import { seconds } from "../countdown";
import { about_vehicle, office_text } from "../parts/about";
import { Button } from "../parts/button";
import { Callout } from "../parts/callout";
import { CodeField, kCodeDigits } from "../parts/code_field";
import { Facts } from "../parts/facts";
import { Failure } from "../parts/failure";
import { Heading } from "../parts/heading";
import { DrawsLeft } from "../parts/draws_left";
import type { Application } from "../protocol";
import { is_halted, is_ready } from "../reducer";
import type { View } from "../view";
import { use_now } from "../view";

const kReadingMs = 5_000;

export function NoticeStep({ view, application }: { view: View; application: Application }) {
  const { t } = view;
  return (
    <>
      <Heading text={t.steps.notice} />
      <p class="lead">{t.notice_lead}</p>
      <section class="card">
        <h2>{t.check_vehicle}</h2>
        <Facts facts={[...about_vehicle(view, application), [t.office, office_text(application)]]} />
      </section>
      <section class="card">
        <ol class="points">
          {t.notice_points.map(({ title, text }) => (
            <li key={title}>
              <span class="strong">{title}</span>
              <span>{text}</span>
            </li>
          ))}
        </ol>
        <Callout kind="warning" title={t.blacklist_title}>
          <p>{t.blacklist_warning(application.blacklist_years)}</p>
        </Callout>
      </section>
      <Identity view={view} application={application} />
    </>
  );
}

function Identity({ view, application }: { view: View; application: Application }) {
  const { state, t } = view;
  const [code, set_code] = useState("");
  const reading_s = use_reading_seconds();
  const complete = code.length === kCodeDigits;
  const usable = is_ready(state) && !is_halted(application) && complete && reading_s === 0;
  const verify = (event: Event) => {
    event.preventDefault();
    if (usable) view.ask({ op: "verify", vehicle: application.vehicle, code });
  };
  return (
    <form class="card" onSubmit={verify} noValidate>
      <div class="bar">
        <h2>{t.identity_title}</h2>
        <DrawsLeft view={view} application={application} />
      </div>
      <CodeField
        view={view}
        application={application}
        purpose="verify"
        code={code}
        onCode={set_code}
      />
      <Failure view={view} />
      <Button submit kind="primary" usable={usable}>
        {reading_s > 0 ? t.verify_in(reading_s) : t.verify}
      </Button>
      {!complete && <p class="quiet hint">{t.code_missing}</p>}
    </form>
  );
}

// Seconds until the step has stood long enough to be read.
function use_reading_seconds(): number {
  const now = use_now();
  const [since, set_since] = useState<number | null>(null);
  useEffect(() => set_since(performance.now()), []);
  return Math.max(0, seconds((since ?? now) + kReadingMs - now));
}
