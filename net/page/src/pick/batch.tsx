// The plates of the latest draw: ten at a glance, one tap to keep one and to swap it, by hand or by
// the keys 1 to 0.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { is_too_late } from "../countdown";
import { Icon } from "../parts/icon";
import { MarkedPlate, PatternTags, shown_patterns } from "../parts/plate_card";
import { Ring } from "../parts/ring";
import type { Application } from "../protocol";
import { is_halted, is_ready } from "../reducer";
import { is_short } from "../standing";
import type { View } from "../view";
import { use_now } from "../view";

interface BatchProps {
  view: View;
  application: Application;
  day_figures: string[];
}

export function Batch({ view, application, day_figures }: BatchProps) {
  const { t } = view;
  const { batch, draw } = application;
  const section = use_in_sight(batch === null ? 0 : draw);
  if (draw === 0) return <BeforeFirst view={view} />;
  const short = batch !== null && is_short(view.state);
  return (
    <section ref={section} class="batch" aria-labelledby="batch">
      <div class="bar">
        <div>
          <h2 id="batch">{t.batch_number(draw)}</h2>
          <p class="quiet">
            {!batch ? t.batch_over : short ? t.batch_short(batch.plates.length) : t.batch_hint}
          </p>
        </div>
        <Ring view={view} name="batch_ms" label={t.batch} />
      </div>
      {batch ? (
        <>
          <Choices
            key={draw}
            view={view}
            application={application}
            plates={batch.plates}
            day_figures={day_figures}
          />
          <NumberKeys view={view} />
        </>
      ) : (
        <Ghosts />
      )}
    </section>
  );
}

// On a phone a draw's plates are all in sight as soon as they are here: what stands above them
// scrolls away. `draw` is the number of a live batch, or 0.
function use_in_sight(draw: number) {
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    if (draw === 0 || !matchMedia("(max-width: 57.99rem)").matches) return;
    const top = section.current?.getBoundingClientRect().top;
    if (top !== undefined) window.scrollBy(0, top);
  }, [draw]);
  return section;
}

function BeforeFirst({ view }: { view: View }) {
  const { t } = view;
  return (
    <section class="batch" aria-labelledby="batch">
      <div class="bar">
        <div>
          <h2 id="batch">{t.batch}</h2>
          <p class="quiet">{t.pick_lead}</p>
        </div>
      </div>
      <Ghosts />
    </section>
  );
}

// Where plates will be.
function Ghosts() {
  return (
    <div class="plates ghosts" aria-hidden="true">
      {Array.from({ length: 10 }, (_, index) => (
        <i key={index} />
      ))}
    </div>
  );
}

interface ChoicesProps extends BatchProps {
  plates: string[];
}

function Choices({ view, application, plates, day_figures }: ChoicesProps) {
  const { state, t } = view;
  const { shortlist, fallback } = application;
  const late = is_too_late(state.countdowns, "batch_ms", state.round_trip_ms, use_now());
  const usable = is_ready(state) && !is_halted(application) && !late;
  const asked = state.pending.find((each) => each.request.op === "shortlist")?.request;
  const choose = (plate: string) => {
    if (!usable || shortlist?.plates.includes(plate)) return;
    view.ask({ op: "shortlist", vehicle: application.vehicle, plate });
  };
  use_number_keys(view.number_keys, (index) => {
    const plate = plates[index];
    if (plate !== undefined) choose(plate);
  });
  return (
    <ul class="plates" aria-label={t.batch}>
      {plates.map((plate, index) => {
        const kept = shortlist?.plates.includes(plate) ?? false;
        const patterns = shown_patterns(plate, day_figures);
        const waits = asked?.op === "shortlist" && asked.plate === plate;
        return (
          <li key={plate}>
            <button
              type="button"
              class={waits ? "choice waits" : "choice"}
              aria-pressed={kept}
              aria-disabled={!usable}
              onClick={() => choose(plate)}
            >
              <MarkedPlate plate={plate} of_class={application.class} patterns={patterns} />
              <span class="under">
                {view.number_keys && <kbd aria-hidden="true">{(index + 1) % 10}</kbd>}
                {kept && (
                  <span class="mark kept">
                    <Icon name="check" />
                    {t.shortlisted}
                  </span>
                )}
                {plate === fallback && <span class="mark">{t.fallback_mark}</span>}
                <PatternTags patterns={patterns} t={t} />
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

// A key that acts alone can be switched off: some speak to their computer, and words become keys.
function NumberKeys({ view }: { view: View }) {
  return (
    <label class="tick keys">
      <input type="checkbox" checked={view.number_keys} onChange={view.toggle_number_keys} />
      {view.t.number_keys}
    </label>
  );
}

// Calls `choose` with 0 to 9 for the keys 1 to 0, unless somebody types or answers a question. A
// layout effect, since the clean-up of any other runs a frame after its batch is gone: until then a
// key would choose from plates that nobody sees any more.
function use_number_keys(on: boolean, choose: (index: number) => void): void {
  useLayoutEffect(() => {
    if (!on) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
      if (event.target instanceof HTMLInputElement && event.target.type !== "checkbox") return;
      if (!/^[0-9]$/.test(event.key) || document.querySelector("dialog[open]")) return;
      choose((Number(event.key) + 9) % 10);
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  });
}
