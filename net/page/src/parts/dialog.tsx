// A question that must be answered before anything that cannot be undone, or a closer look at
// something. Without `yes` there is only the way back.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "./button";

interface DialogProps {
  title: string;
  no: string;
  yes?: string;
  yes_usable?: boolean;
  children: ComponentChildren;
  onYes?: () => void;
  onNo: () => void;
}

export function Dialog(props: DialogProps) {
  const { title, no, yes, yes_usable = true, children, onYes, onNo } = props;
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
        {yes !== undefined && (
          <Button kind="primary" usable={yes_usable} onPress={() => answer(onYes ?? onNo)}>
            {yes}
          </Button>
        )}
      </div>
    </dialog>
  );
}
