// First step: who, which vehicle, under which terms; sealed with an SMS code.

import { useEffect, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { CodeField } from "../parts/code_field";
import { Facts } from "../parts/facts";
import { Failure, RetryHint } from "../parts/failure";
import { Heading } from "../parts/heading";
import type { Application, Terms } from "../protocol";
import { is_halted, is_ready } from "../reducer";
import type { View } from "../view";

interface StepProps {
  view: View;
  application: Application;
}

export function SubmitStep({ view, application }: StepProps) {
  const { state, t } = view;
  const [code, set_code] = useState("");
  // The version that was ticked, so that new terms want a new tick.
  const [ticked, set_ticked] = useState<string | null>(null);
  const terms = state.terms?.version === application.terms ? state.terms : null;
  useEffect(() => view.fetch_terms(application.terms), [application.terms]);

  const read = terms !== null && ticked === terms.version;
  const usable = is_ready(state) && !is_halted(application) && read && code.length === 6;
  const submit = (event: Event) => {
    event.preventDefault();
    if (!usable || terms === null) return;
    view.ask({ op: "submit", vehicle: application.vehicle, code, terms: terms.version });
  };
  return (
    <>
      <Heading text={t.steps.submit} />
      <p>{t.submit_lead}</p>
      <Facts
        facts={[
          [t.vehicle, application.vehicle],
          [t.office, application.office],
          [t.plate_class, `${t.classes[application.class]} · ${t.powers[application.power]}`],
        ]}
      />
      <form onSubmit={submit} noValidate>
        <TermsText view={view} version={application.terms} terms={terms} />
        <label class="tick">
          <input
            type="checkbox"
            checked={read}
            disabled={terms === null}
            onChange={(event) =>
              set_ticked(event.currentTarget.checked && terms ? terms.version : null)
            }
          />
          {t.terms_read}
        </label>
        <CodeField
          view={view}
          application={application}
          purpose="submit"
          code={code}
          onCode={set_code}
        />
        <Failure view={view} />
        <RetryHint view={view} />
        <Button submit kind="primary" usable={usable}>
          {t.submit}
        </Button>
      </form>
    </>
  );
}

interface TermsTextProps {
  view: View;
  version: string;
  terms: Terms | null;
}

function TermsText({ view, version, terms }: TermsTextProps) {
  const { state, t, language } = view;
  return (
    <section>
      <h2 id="terms">
        {t.terms_title} <span class="quiet">{t.terms_version(version)}</span>
      </h2>
      {terms ? (
        <div class="terms" role="region" aria-labelledby="terms" tabIndex={0}>
          {terms[language]}
        </div>
      ) : state.terms_failed ? (
        <p class="failure">
          {t.terms_failed}{" "}
          <button type="button" class="plain" onClick={() => view.fetch_terms(version)}>
            {t.again}
          </button>
        </p>
      ) : (
        <p class="quiet">{t.terms_loading}</p>
      )}
    </section>
  );
}
