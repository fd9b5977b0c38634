// First step: which vehicle, under which terms; sealed with an SMS code.

import { useEffect, useRef, useState } from "preact/hooks";
import { about_office, about_owner, about_vehicle } from "../parts/about";
import { Button } from "../parts/button";
import { CodeField, kCodeDigits } from "../parts/code_field";
import { Facts } from "../parts/facts";
import { Failure } from "../parts/failure";
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

  const agreed = terms !== null && ticked === terms.version;
  const complete = agreed && code.length === kCodeDigits;
  const usable = is_ready(state) && !is_halted(application) && complete;
  const submit = (event: Event) => {
    event.preventDefault();
    if (!usable || terms === null) return;
    view.ask({ op: "submit", vehicle: application.vehicle, code, terms: terms.version });
  };
  return (
    <>
      <Heading text={t.steps.submit} />
      <p class="lead">{t.submit_lead}</p>
      <form onSubmit={submit} noValidate>
        <section class="card">
          <h2>{t.check_title}</h2>
          <Facts
            facts={[
              ...about_owner(view),
              ...about_vehicle(view, application),
              ...about_office(view, application),
            ]}
          />
        </section>
        <TermsSection
          view={view}
          version={application.terms}
          terms={terms}
          agreed={agreed}
          onAgree={(yes) => set_ticked(yes && terms ? terms.version : null)}
        />
        <section class="card">
          <h2>{t.code_title}</h2>
          <CodeField
            view={view}
            application={application}
            purpose="submit"
            code={code}
            onCode={set_code}
          />
          <Failure view={view} />
          <Button submit kind="primary" usable={usable}>
            {t.submit}
          </Button>
          {!complete && <p class="quiet hint">{agreed ? t.code_missing : t.terms_missing}</p>}
        </section>
      </form>
    </>
  );
}

interface TermsSectionProps {
  view: View;
  version: string;
  terms: Terms | null;
  agreed: boolean;
  onAgree: (yes: boolean) => void;
}

// The terms can be accepted once their end has been in view.
function TermsSection({ view, version, terms, agreed, onAgree }: TermsSectionProps) {
  const { t, language } = view;
  const box = useRef<HTMLDivElement>(null);
  const read = use_read_to_the_end(box, terms && terms.version + language);
  const may_agree = terms !== null && (read || agreed);
  return (
    <section class="card">
      <h2 id="terms">
        {t.terms_title} <span class="quiet">{t.terms_version(version)}</span>
      </h2>
      {terms ? (
        <div ref={box} class="terms" role="region" aria-labelledby="terms" tabIndex={0}>
          {terms[language]}
        </div>
      ) : (
        <TermsMissing view={view} version={version} />
      )}
      <label class="tick">
        <input
          type="checkbox"
          checked={agreed}
          aria-disabled={!may_agree}
          onClick={(event) => {
            if (may_agree) return;
            event.preventDefault();
            box.current?.focus();
          }}
          onChange={(event) => onAgree(event.currentTarget.checked)}
        />
        {t.terms_read}
      </label>
      {terms && !may_agree && <p class="quiet hint">{t.terms_unread}</p>}
    </section>
  );
}

function TermsMissing({ view, version }: { view: View; version: string }) {
  const { state, t } = view;
  return state.terms_failed ? (
    <p role="alert">
      {t.terms_failed}{" "}
      <button type="button" class="plain" onClick={() => view.fetch_terms(version)}>
        {t.again}
      </button>
    </p>
  ) : (
    <p class="quiet">{t.terms_loading}</p>
  );
}

// Whether the end of what scrolls in `box` has been seen since `text` stands in it. Text that fits
// has been.
function use_read_to_the_end(box: { current: HTMLElement | null }, text: string | null): boolean {
  const [read, set_read] = useState<string | null>(null);
  useEffect(() => {
    const element = box.current;
    if (!element || text === null) return;
    const look = () => {
      const below = element.scrollHeight - element.clientHeight - element.scrollTop;
      if (below < 24) set_read(text);
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  }, [text]);
  return read !== null && read === text;
}
