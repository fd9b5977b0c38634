// The owner's vehicles, by pages. Choosing one is a link, so that the browser's own way back works.

import { may_choose } from "../eligibility";
import { dotted } from "../parts/about";
import { Button } from "../parts/button";
import { Failure } from "../parts/failure";
import { Heading } from "../parts/heading";
import { Icon } from "../parts/icon";
import type { Vehicle } from "../protocol";
import type { View } from "../view";
import { pools_address } from "../view";

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
      <a class="card pools" href={pools_address(view)}>
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

function VehicleItem({ view, vehicle }: { view: View; vehicle: Vehicle }) {
  return (
    <li>
      {may_choose(vehicle) ? (
        <a class="card vehicle" href={`#${encodeURIComponent(vehicle.vehicle)}`}>
          <VehicleWords view={view} vehicle={vehicle} />
          <Icon name="next" />
        </a>
      ) : (
        <div class="card vehicle barred">
          <VehicleWords view={view} vehicle={vehicle} />
          <span class="kind strong">{view.t.not_eligible}</span>
        </div>
      )}
    </li>
  );
}

function VehicleWords({ view, vehicle }: { view: View; vehicle: Vehicle }) {
  const { t } = view;
  const { plate } = vehicle;
  return (
    <>
      <span class="bar">
        <span class="ordinary">{plate ? dotted(plate) : vehicle.vehicle}</span>
        <span class={`tag step-${vehicle.step}`}>{t.steps[vehicle.step]}</span>
      </span>
      <span class="kind">
        {t.classes[vehicle.class]} · {t.powers[vehicle.power]}
      </span>
      <span class="quiet">
        {t.vehicle_short} {vehicle.vehicle}
      </span>
    </>
  );
}
