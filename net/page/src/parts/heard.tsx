// What a screen reader is told without anybody having moved there. A region must stand before its
// words come, so each of these stands for as long as what it tells about can happen.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { announcement } from "../announcement";
import { said_seconds } from "../countdown";
import type { HoldName } from "../countdown";
import type { Application } from "../protocol";
import type { View } from "../view";
import { use_now } from "../view";

// The draw's plates, what was shortlisted, what is over.
export function HeardNews({ view, application }: { view: View; application: Application }) {
  const before = useRef(application);
  const [words, set_words] = useState("");
  useLayoutEffect(() => {
    const news = announcement(before.current, application, view.t);
    before.current = application;
    if (news !== "") set_words(news);
  }, [application]);
  return (
    <p class="heard" role="status" data-heard="news">
      {words}
    </p>
  );
}

// That a countdown is at 60, 30 or 10 seconds.
export function HeardCountdowns({ view, names }: { view: View; names: HoldName[] }) {
  const { state, t } = view;
  const now = use_now();
  const words = names.flatMap((name) => {
    const s = said_seconds(state.countdowns, name, now);
    const label = name === "batch_ms" ? t.batch : t.shortlist;
    return s === null ? [] : [t.warn_left(label, s)];
  });
  return (
    <p class="heard" role="status" data-heard="time">
      {words.join(t.comma)}
    </p>
  );
}
