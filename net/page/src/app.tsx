// The frame around every step, and the choice of what stands in it.

import { Failure } from "./parts/failure";
import { PlatePaint } from "./parts/plate";
import { LinkStatus, OfficeStatus } from "./parts/status";
import { StepList } from "./parts/step_list";
import type { Application } from "./protocol";
import { DoneStep, IssuedStep, LapsedStep } from "./steps/finished";
import { NoTicket } from "./steps/no_ticket";
import { NoticeStep } from "./steps/notice";
import { PickStep } from "./steps/pick";
import { SubmitStep } from "./steps/submit";
import { VehicleList } from "./steps/vehicles";
import { WaitingRoom } from "./steps/waiting";
import type { View } from "./view";

export function App({ view }: { view: View }) {
  const { state, t } = view;
  return (
    <>
      <PlatePaint />
      <a class="skip" href="#main" onClick={focus_main}>
        {t.skip}
      </a>
      <header>
        {view.mode !== "real" && <p class="rehearsal">{t.rehearsal}</p>}
        <div class="top">
          <p class="title">{t.title}</p>
          <button
            class="plain"
            type="button"
            lang={view.language === "zh" ? "en" : "zh-CN"}
            onClick={view.other_language}
          >
            {t.other_language}
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <LinkStatus view={view} />
        <Content view={view} />
      </main>
      <footer>
        {state.link !== "no_ticket" && <p>{t.no_loss}</p>}
        <p>
          <a href="/pools">{t.pools}</a>
        </p>
      </footer>
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
        <a href="#">{t.back}</a>
      </p>
      {application ? <Selection view={view} application={application} /> : <Entering view={view} />}
    </>
  );
}

function Entering({ view }: { view: View }) {
  const { state, t } = view;
  return state.failure ? (
    <>
      <Failure view={view} />
      <button type="button" onClick={view.enter_now}>
        {t.again}
      </button>
    </>
  ) : (
    <p class="quiet" role="status">
      {state.link === "open" ? t.entering : t.connecting}
    </p>
  );
}

function Selection({ view, application }: { view: View; application: Application }) {
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
