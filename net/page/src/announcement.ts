// What has become of a selection, in a sentence for those who do not see it happen. Pure.

import type { Application, Hold } from "./protocol";
import type { Texts } from "./texts";

function plates_of(hold: Hold | null): string[] {
  return hold === null ? [] : hold.plates;
}

// The words for what changed from `before` to `after`, both in `pick`; "" for nothing to say.
export function announcement(before: Application, after: Application, t: Texts): string {
  const words: string[] = [];
  if (after.batch && after.draw !== before.draw) {
    words.push(t.batch_heard(after.draw, after.batch.plates));
  }
  const kept = plates_of(before.shortlist);
  for (const plate of plates_of(after.shortlist)) {
    if (!kept.includes(plate)) words.push(t.shortlisted_heard(plate));
  }
  if (before.batch && !after.batch) words.push(t.batch_over);
  if (before.shortlist && !after.shortlist) words.push(t.shortlist_over);
  return words.join(" ");
}
