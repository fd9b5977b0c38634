// Names and values, one below the other.

import type { ComponentChildren } from "preact";

export function Facts({ facts }: { facts: [name: string, value: ComponentChildren][] }) {
  return (
    <dl>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
