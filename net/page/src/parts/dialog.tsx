// A question that must be answered before anything that cannot be undone, or a closer look at
// something. Without `yes` there is only the way back. What is asked about and the answers are always
// in sight together; only the words above them scroll.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "./button";
import { open_modal } from "./modal";

interface DialogProps {
  title: string;
  no: string;
  yes?: string;
  yes_usable?: boolean;
  // Beside the title.
  aside?: ComponentChildren;
  // What is asked about, beside the answers.
  subject?: ComponentChildren;
  children: ComponentChildren;
  onYes?: () => void;
  onNo: () => void;
}

export function Dialog(props: DialogProps) {
  const { title, no, yes, yes_usable = true, aside, subject, children, onYes, onNo } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const close = useRef<(() => void) | null>(null);
  // Closing gives the focus back to the button that asked; mere disappearing would not.
  const answer = (then: () => void) => {
    close.current?.();
    close.current = null;
    then();
  };
  const cancel = useRef(() => answer(onNo));
  cancel.current = () => answer(onNo);
  useLayoutEffect(() => {
    if (dialog.current) close.current = open_modal(dialog.current, () => cancel.current());
    return () => close.current?.();
  }, []);
  return (
    <dialog
      ref={dialog}
      role="dialog"
      aria-modal="true"
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        cancel.current();
      }}
    >
      <div class="tells" tabIndex={0} role="group" aria-labelledby="dialog-title">
        <div class="asks">
          <h2 id="dialog-title">{title}</h2>
          {aside}
        </div>
        {children}
      </div>
      <div class="decides">
        {subject}
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
      </div>
    </dialog>
  );
}
