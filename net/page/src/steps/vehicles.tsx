// The owner's vehicles, by pages. Choosing one is a link, so that the browser's own way back works.

import { Failure, RetryHint } from "../parts/failure";
import { Heading } from "../parts/heading";
import { Button } from "../parts/button";
import type { Vehicle } from "../protocol";
import type { View } from "../view";

export function VehicleList({ view }: { view: View }) {
  const { state, t } = view;
  const { vehicles, next } = state;
  return (
    <>
      <Heading text={t.vehicles_title} />
      <Failure view={view} />
      <RetryHint view={view} />
      {vehicles === null && !state.failure && (
        <p class="quiet" role="status">
          {t.connecting}
        </p>
      )}
      {vehicles?.length === 0 && <p>{t.vehicles_none}</p>}
      {vehicles !== null && vehicles.length > 0 && (
        <>
          <p>{t.vehicles_lead}</p>
          <ul class="vehicles">
            {vehicles.map((vehicle) => (
              <VehicleItem key={vehicle.vehicle} view={view} vehicle={vehicle} />
            ))}
          </ul>
        </>
      )}
      {next !== null && (
        <Button
          usable={state.link === "open" && state.pending.length === 0}
          onPress={() => view.ask({ op: "vehicles", after: next })}
        >
          {t.more}
        </Button>
      )}
    </>
  );
}

function VehicleItem({ view, vehicle }: { view: View; vehicle: Vehicle }) {
  const { t } = view;
  return (
    <li>
      <a href={`#${encodeURIComponent(vehicle.vehicle)}`}>
        <span class="strong">{vehicle.plate || vehicle.vehicle}</span>
        <span class="quiet">{vehicle.vehicle}</span>
        <span class="quiet">
          {vehicle.office} · {t.classes[vehicle.class]} · {t.powers[vehicle.power]}
        </span>
        <span class="tag">{t.steps[vehicle.step]}</span>
      </a>
    </li>
  );
}
