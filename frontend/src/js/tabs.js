// A strip of tabs that is wider than the window begins where the open one is to be seen.
for (const tab of document.querySelectorAll(".b-tabs [aria-current]")) {
  const strip = tab.parentElement;
  if (strip && tab instanceof HTMLElement) strip.scrollLeft = tab.offsetLeft - strip.offsetLeft - 24;
}
