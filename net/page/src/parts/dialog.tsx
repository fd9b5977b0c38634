// A question that must be answered before anything that cannot be undone.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  yes: string;
  no: string;
  children: ComponentChildren;
  onYes: () => void;
  onNo: () => void;
}

export function Dialog({ title, yes, no, children, onYes, onNo }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    // Browsers older than the element show it where it stands, which still asks the question.
    if (typeof element.showModal !== "function") {
      element.setAttribute("open", "");
      return;
    }
    element.showModal();
  }, []);
  // Closing gives the focus back to the button that asked; mere disappearing would not.
  const answer = (then: () => void) => {
    dialog.current?.close?.();
    then();
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        answer(onNo);
      }}
    >
      <h2 id="dialog-title">{title}</h2>
      {children}
      <div class="answers">
        <button type="button" autofocus onClick={() => answer(onNo)}>
          {no}
        </button>
        <button type="button" class="primary" onClick={() => answer(onYes)}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
