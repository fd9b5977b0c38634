// The owner's vehicles, by pages. Choosing one is a link, so that the browser's own way back works.

import { Button } from "../parts/button";
import { Failure } from "../parts/failure";
import { Heading } from "../parts/heading";
import { Icon } from "../parts/icon";
import type { Vehicle } from "../protocol";
import type { View } from "../view";

export function VehicleList({ view }: { view: View }) {
  const { state, t } = view;
  const { vehicles, next } = state;
  return (
    <>
      <Heading text={t.vehicles_title} />
      <p class="lead">{t.vehicles_lead}</p>
      <Failure view={view} />
      {vehicles === null && !state.failure && (
        <p class="quiet" role="status">
          {t.connecting}
        </p>
      )}
      {vehicles?.length === 0 && <p class="card">{t.vehicles_none}</p>}
      {vehicles !== null && vehicles.length > 0 && (
        <ul class="vehicles">
          {vehicles.map((vehicle) => (
            <VehicleItem key={vehicle.vehicle} view={view} vehicle={vehicle} />
          ))}
        </ul>
      )}
      {next !== null && (
        <Button
          usable={state.link === "open" && state.pending.length === 0}
          onPress={() => view.ask({ op: "vehicles", after: next })}
        >
          {t.more}
        </Button>
      )}
      <a class="card pools" href="/pools">
        <Icon name="list" />
        <span>
          <span class="strong">{t.pools}</span>
          <span class="quiet">{t.pools_about}</span>
        </span>
        <Icon name="next" />
      </a>
    </>
  );
}

// A plate with the dot after its office; anything else (a rehearsal's word) as it is.
function dotted(plate: string): string {
  return plate.length >= 7 ? `${plate.slice(0, 2)}·${plate.slice(2)}` : plate;
}

function VehicleItem({ view, vehicle }: { view: View; vehicle: Vehicle }) {
  const { t } = view;
  const { plate } = vehicle;
  return (
    <li>
      <a class="card vehicle" href={`#${encodeURIComponent(vehicle.vehicle)}`}>
        <span class="ordinary">{plate ? dotted(plate) : vehicle.vehicle}</span>
        <span class={`tag step-${vehicle.step}`}>{t.steps[vehicle.step]}</span>
        <span class="kind">
          {t.classes[vehicle.class]} · {t.powers[vehicle.power]}
        </span>
        <span class="quiet">
          {t.vehicle_short} {vehicle.vehicle}
        </span>
        <Icon name="next" />
      </a>
    </li>
  );
}
