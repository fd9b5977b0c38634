// Opens a dialog over the page. Browsers that have no showModal (Safari before 15.4) get the same by
// hand: it stands over everything, keeps the focus, and Escape answers it.

const kFocusable = "button, a[href], input, [tabindex='0']";

// Gives the function that closes it and puts the focus back to where it was.
export function open_modal(dialog: HTMLDialogElement, cancel: () => void): () => void {
  if (typeof dialog.showModal === "function") {
    dialog.showModal();
    return () => dialog.close();
  }
  const opener = document.activeElement as HTMLElement | null;
  dialog.setAttribute("open", "");
  dialog.classList.add("standing");
  dialog.querySelector<HTMLElement>("[autofocus]")?.focus({ preventScroll: true });
  const keep = (event: KeyboardEvent) => {
    if (event.key === "Escape") cancel();
    else if (event.key === "Tab") keep_focus(dialog, event);
  };
  document.addEventListener("keydown", keep);
  return () => {
    document.removeEventListener("keydown", keep);
    dialog.removeAttribute("open");
    opener?.focus({ preventScroll: true });
  };
}

// Lets Tab go round within `dialog`.
function keep_focus(dialog: HTMLElement, event: KeyboardEvent): void {
  const all = [...dialog.querySelectorAll<HTMLElement>(kFocusable)];
  const first = all[0];
  const last = all[all.length - 1];
  const at = document.activeElement;
  const leaves = event.shiftKey ? at === first : at === last;
  if (!leaves && at !== null && dialog.contains(at)) return;
  event.preventDefault();
  (event.shiftKey ? last : first)?.focus();
}
