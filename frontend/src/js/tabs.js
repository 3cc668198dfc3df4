// A strip of tabs that is wider than the window begins at its first, unless the open one is beyond.
for (const tab of document.querySelectorAll(".b-tabs [aria-current]")) {
  const strip = tab.parentElement;
  if (!strip || !(tab instanceof HTMLElement)) continue;
  const start = tab.offsetLeft - strip.offsetLeft;
  if (start + tab.offsetWidth > strip.clientWidth) strip.scrollLeft = start - 24;
}
