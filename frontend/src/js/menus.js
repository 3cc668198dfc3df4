// <details class="b-menu">: one open at a time; Escape and a click elsewhere close it.
document.addEventListener("click", (event) => {
  const inside = /** @type {Element} */ (event.target).closest("details.b-menu");
  document.querySelectorAll("details.b-menu[open]").forEach((menu) => {
    if (menu !== inside) menu.removeAttribute("open");
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.b-menu[open]");
  menu?.removeAttribute("open");
  menu?.querySelector("summary")?.focus();
  if (location.hash === "#b-nav") location.hash = "";
});
