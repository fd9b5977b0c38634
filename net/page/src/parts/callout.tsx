// Words that stand out of the text: what to know, to mind, or why it does not go on. Its icon and its
// edge say the same as its colour.

import type { ComponentChildren } from "preact";
import { Icon } from "./icon";
import type { IconName } from "./icon";

export type CalloutKind = "info" | "warning" | "failure" | "good";

const kIcons: Record<CalloutKind, IconName> = {
  info: "info",
  warning: "alert",
  failure: "alert",
  good: "check",
};

interface CalloutProps {
  kind: CalloutKind;
  icon?: IconName;
  title?: string;
  children?: ComponentChildren;
}

export function Callout({ kind, icon, title, children }: CalloutProps) {
  return (
    <div class={`callout ${kind}`}>
      <Icon name={icon ?? kIcons[kind]} />
      <div>
        {title !== undefined && <p class="strong">{title}</p>}
        {children}
      </div>
    </div>
  );
}
