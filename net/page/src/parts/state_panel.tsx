// A page that has one thing to say: why the selection is not open here, and what to do now.

import type { ComponentChildren } from "preact";
import { Heading } from "./heading";
import { Icon } from "./icon";
import type { IconName } from "./icon";

interface StatePanelProps {
  icon: IconName;
  tone: "calm" | "good" | "bad";
  title: string;
  children: ComponentChildren;
}

export function StatePanel({ icon, tone, title, children }: StatePanelProps) {
  return (
    <section class={`state ${tone}`}>
      <span class="medal">
        <Icon name={icon} />
      </span>
      <Heading text={title} />
      {children}
    </section>
  );
}
