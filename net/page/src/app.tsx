// The frame around every step, and the choice of what stands in it.

import { useState } from "preact/hooks";
import { Icon } from "./parts/icon";
import { PlatePaint } from "./parts/plate";
import { LinkStatus, OfficeStatus } from "./parts/status";
import { StepList } from "./parts/step_list";
import { PickStep } from "./pick/pick";
import type { Application } from "./protocol";
import { is_barred } from "./standing";
import { Entering } from "./steps/entering";
import { BarredStep, DoneStep, IssuedStep, LapsedStep } from "./steps/finished";
import { NoTicket } from "./steps/no_ticket";
import { NoticeStep } from "./steps/notice";
import { SubmitStep } from "./steps/submit";
import { VehicleList } from "./steps/vehicles";
import { WaitingRoom } from "./steps/waiting";
import type { View } from "./view";
import { pools_address } from "./view";

export function App({ view }: { view: View }) {
  const { state, t } = view;
  const picking = state.application?.step === "pick" && !state.waiting;
  return (
    <>
      <PlatePaint />
      <a class="skip" href="#main" onClick={focus_main}>
        {t.skip}
      </a>
      <Masthead view={view} />
      <main id="main" tabIndex={-1} class={picking && state.vehicle !== null ? "desk" : ""}>
        <LinkStatus view={view} />
        <Content view={view} />
      </main>
      <footer>
        <p>{t.no_loss}</p>
        <nav aria-label={t.more_pages}>
          <a href={pools_address(view)}>{t.pools}</a>
          <a href="/accessibility">{t.accessibility}</a>
        </nav>
      </footer>
    </>
  );
}

function Masthead({ view }: { view: View }) {
  const { t } = view;
  return (
    <header>
      {view.mode !== "real" && <p class="rehearsal">{t.rehearsal}</p>}
      <div class="masthead">
        <div class="row">
          <svg class="emblem" viewBox="0 0 40 28" aria-hidden="true" focusable="false">
            <rect width="40" height="28" rx="5" fill="#fff" />
            <rect x="2.5" y="2.5" width="35" height="23" rx="3" fill="#2fa36b" />
            <path d="M9 14.5l5 5L24 9M28 14h6" fill="none" stroke="#fff" stroke-width="3.5" />
          </svg>
          <p class="title">
            {t.title}
            <span>{t.subtitle}</span>
          </p>
          <SignOut view={view} />
          <button
            type="button"
            lang={view.language === "zh" ? "en" : "zh-CN"}
            onClick={view.other_language}
          >
            {t.other_language}
          </button>
        </div>
      </div>
    </header>
  );
}

// For whoever is signed in: on a device that others use too, the end of a visit.
function SignOut({ view }: { view: View }) {
  const { state, t } = view;
  const [failed, set_failed] = useState(false);
  if (!state.ever_open || state.link === "no_ticket") return null;
  const sign_out = async () => set_failed(!(await view.sign_out()));
  return (
    <>
      {failed && (
        <p class="sign-out-failed" role="alert">
          {t.sign_out_failed}
        </p>
      )}
      <button type="button" onClick={() => void sign_out()}>
        {t.sign_out}
      </button>
    </>
  );
}

// The address's # names the vehicle, so the skip link must not change it.
function focus_main(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Content({ view }: { view: View }) {
  const { state, t } = view;
  if (state.link === "no_ticket") return <NoTicket view={view} />;
  if (state.vehicle === null) return <VehicleList view={view} />;
  const application = state.application;
  return (
    <>
      <p class="back">
        <a href="#">
          <Icon name="back" />
          {t.back}
        </a>
        <span class="quiet">{state.vehicle}</span>
      </p>
      {application ? <Selection view={view} application={application} /> : <Entering view={view} />}
    </>
  );
}

function Selection({ view, application }: { view: View; application: Application }) {
  if (is_barred(application)) return <BarredStep view={view} application={application} />;
  return (
    <>
      <StepList view={view} step={application.step} />
      <OfficeStatus view={view} application={application} />
      {view.state.waiting ? (
        <WaitingRoom view={view} waiting={view.state.waiting} />
      ) : (
        <StepContent key={application.step} view={view} application={application} />
      )}
    </>
  );
}

function StepContent({ view, application }: { view: View; application: Application }) {
  switch (application.step) {
    case "submit":
      return <SubmitStep view={view} application={application} />;
    case "notice":
      return <NoticeStep view={view} application={application} />;
    case "pick":
      return <PickStep view={view} application={application} />;
    case "done":
      return <DoneStep view={view} application={application} />;
    case "issued":
      return <IssuedStep view={view} application={application} />;
    case "lapsed":
      return <LapsedStep view={view} application={application} />;
  }
}
