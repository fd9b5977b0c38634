// A button that keeps the focus while it cannot be used, so that a keyboard does not lose its place
// at every question to the server.

import type { ComponentChildren } from "preact";

interface ButtonProps {
  children: ComponentChildren;
  usable: boolean;
  kind?: "primary" | "second" | "plain";
  submit?: boolean;
  onPress?: () => void;
}

export function Button({ children, usable, kind, submit, onPress }: ButtonProps) {
  return (
    <button
      type={submit ? "submit" : "button"}
      class={kind}
      aria-disabled={!usable}
      onClick={(event) => {
        if (!usable) event.preventDefault();
        else onPress?.();
      }}
    >
      {children}
    </button>
  );
}
