// The heading of a step. When the step appears it takes the focus, so that a screen reader says where
// the owner is now, and the step is seen from its top.

import { useEffect, useRef } from "preact/hooks";

export function Heading({ text }: { text: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {text}
    </h1>
  );
}
