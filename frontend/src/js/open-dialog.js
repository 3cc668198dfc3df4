// Buttons with data-open="id" open a <dialog>, data-close closes it; the focus returns to the opener.
document.addEventListener("click", (event) => {
  const from = /** @type {Element} */ (event.target);
  const opener = from.closest("[data-open]");
  if (opener) {
    const dialog = document.getElementById(opener.getAttribute("data-open") ?? "");
    if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
    event.preventDefault();
    return;
  }
  const closer = from.closest("[data-close]");
  if (closer) closer.closest("dialog")?.close();
});

// What was refused by a field comes back as it was left: with its dialog open.
const left = document.querySelector("dialog[data-open-now]");
if (left instanceof HTMLDialogElement) left.showModal();

// The part that holds the opener may have come anew meanwhile; then the focus would be nowhere.
document.addEventListener(
  "close",
  (event) => {
    const dialog = event.target;
    if (!(dialog instanceof HTMLDialogElement) || document.activeElement !== document.body) return;
    const opener = document.querySelector(`[data-open="${CSS.escape(dialog.id)}"]`);
    if (opener instanceof HTMLElement) opener.focus({ preventScroll: true });
  },
  true,
);
