// How many draws are left, as a number and as dots.

import type { Application } from "../protocol";
import type { View } from "../view";

// More dots than this are no longer seen as a number.
const kDotsMax = 8;

export function DrawsLeft({ view, application }: { view: View; application: Application }) {
  const { draws_left, draw } = application;
  const all = draws_left + draw;
  return (
    <p class="draws" data-left={draws_left}>
      {view.t.draws_left} <b>{draws_left}</b>
      {all <= kDotsMax && (
        <span class="pips" aria-hidden="true">
          {Array.from({ length: all }, (_, index) => (
            <i key={index} class={index < draws_left ? "left" : ""} />
          ))}
        </span>
      )}
    </p>
  );
}
