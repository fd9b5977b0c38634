// The heading of a step. It takes the focus when the step appears, so that a screen reader says
// where the owner is now.

import { useEffect, useRef } from "preact/hooks";

export function Heading({ text }: { text: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {text}
    </h1>
  );
}
