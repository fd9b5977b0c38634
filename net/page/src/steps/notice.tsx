// Second step: what is about to happen, in short; then an SMS code opens the selection.

import { useState } from "preact/hooks";
import { Button } from "../parts/button";
import { CodeField } from "../parts/code_field";
import { Failure, RetryHint } from "../parts/failure";
import { Heading } from "../parts/heading";
import type { Application } from "../protocol";
import { is_halted, is_ready } from "../reducer";
import type { View } from "../view";

export function NoticeStep({ view, application }: { view: View; application: Application }) {
  const { state, t } = view;
  const [code, set_code] = useState("");
  const usable = is_ready(state) && !is_halted(application) && code.length === 6;
  const verify = (event: Event) => {
    event.preventDefault();
    if (usable) view.ask({ op: "verify", vehicle: application.vehicle, code });
  };
  return (
    <>
      <Heading text={t.steps.notice} />
      <p>{t.notice_lead}</p>
      <ul class="points">
        {t.notice_points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
      <p class="count">
        {t.draws_left} <b>{application.draws_left}</b>
      </p>
      <form onSubmit={verify} noValidate>
        <CodeField
          view={view}
          application={application}
          purpose="verify"
          code={code}
          onCode={set_code}
        />
        <Failure view={view} />
        <RetryHint view={view} />
        <Button submit kind="primary" usable={usable}>
          {t.verify}
        </Button>
      </form>
    </>
  );
}
