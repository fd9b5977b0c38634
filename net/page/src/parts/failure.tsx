// Why the last request was refused, and what to do now.

import { seconds } from "../countdown";
import type { View } from "../view";
import { use_now } from "../view";
import { when_text } from "../when";
import { Callout } from "./callout";

export function Failure({ view }: { view: View }) {
  const { state, t, language } = view;
  const failure = state.failure;
  return (
    <>
      <div role="alert">
        {failure && (
          <div data-code={failure.code}>
            <Callout kind="failure">
              <p>
                {t.errors[failure.code]}
                {failure.until !== null &&
                  ` ${(failure.code === "not_open" ? t.opens : t.until)(when_text(failure.until, language))}`}
              </p>
            </Callout>
          </div>
        )}
      </div>
      <RetryHint view={view} />
    </>
  );
}

// Counts down to when the refused request may be tried again. Outside the alert, since nobody wants
// every second of it read out.
export function RetryHint({ view }: { view: View }) {
  const now = use_now();
  const retry_at = view.state.failure?.retry_at ?? null;
  if (retry_at === null || retry_at <= now) return null;
  return <p class="quiet">{view.t.retry_in(seconds(retry_at - now))}</p>;
}
