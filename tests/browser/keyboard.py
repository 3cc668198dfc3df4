"""A person with a keyboard alone: after each act the focus is somewhere, and to be seen there."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Locator, Page, expect

MOST_STOPS = 150
SCROLL_SECONDS = 3
LOST = "lost"
SKIPPED = "#main"  # an address keeps it through the answer to a form
# What is wrong with the focus, or nothing. The element itself or what frames it (a label, a box
# with a unit) is outlined, stands in the window and under nothing else. #main and a dialog may
# have the focus unmarked: it only says where Tab goes on from. The calendar's button inside a field
# for a time is outlined by the browser itself, out of sight of scripts.
FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body || at === document.documentElement) return 'lost';
  const name = at.outerHTML.slice(0, 120);
  if (at.matches('#main, dialog, [type=datetime-local]:not(:focus-visible)')) return '';
  const outlined = each => {
    const style = getComputedStyle(each);
    if (style.outlineStyle === 'none' || style.opacity === '0') return false;
    return parseFloat(style.outlineWidth) >= 1;
  };
  let ring = at;
  for (let up = 0; up < 3 && ring && !outlined(ring); up += 1) ring = ring.parentElement;
  if (!ring || !outlined(ring)) return 'no outline: ' + name;
  const box = ring.getBoundingClientRect();
  const [left, right] = [Math.max(0, box.left), Math.min(innerWidth, box.right)];
  const [top, bottom] = [Math.max(0, box.top), Math.min(innerHeight, box.bottom)];
  if (right - left < 1 || bottom - top < 1) return 'outside of the window: ' + name;
  const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return over && (ring.contains(over) || over.contains(ring)) ? '' : 'covered: ' + name;
}"""


class Keyboard:
    """The keys of one tab. Nothing here points or goes to an address."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        """Press keys one after the other; the focus is looked at after each."""
        for key in keys:
            self.page.keyboard.press(key)
            self.look()

    def write(self, text: str) -> None:
        """Type over what stands in the field, which Tab has marked."""
        self.page.keyboard.type(text)
        self.look()

    def look(self) -> None:
        """The focus is somewhere at once, and to be seen as soon as the window has scrolled."""
        end = time.monotonic() + SCROLL_SECONDS
        while wrong := self.page.evaluate(FOCUS):
            assert wrong != LOST, self.page.url
            assert time.monotonic() < end, wrong
            self.page.wait_for_timeout(50)

    def reach(self, target: Locator) -> None:
        """Tab until an element has the focus; asked in one question, as it may be renewed."""
        expect(target).to_be_visible()
        there = target.and_(self.page.locator(":focus"))
        for _stop in range(MOST_STOPS):
            if there.count():
                return
            self.press("Tab")
        raise AssertionError(f"not reached by Tab: {target}")

    def follow(self, target: Locator, address: str) -> None:
        """Go to a link or button, press Enter, and arrive on the page it leads to."""
        self.reach(target)
        self.leave("Enter", address=address)

    def leave(self, *keys: str, address: str) -> None:
        """Press keys the last of which loads a page. A document begins without focus: the first
        Tab offers to skip what stands before the content, and Enter does so.
        """
        for key in keys:
            self.page.keyboard.press(key)
        self.page.wait_for_url(re.compile(f"{address}({SKIPPED})?$"))
        expect(self.page.locator(".b-live")).to_have_attribute("data-state", "live")
        if not self.page.url.endswith(SKIPPED):
            self.press("Tab")
            expect(self.page.locator(".b-skip")).to_be_focused()
            self.press("Enter")
        expect(self.page.locator("#main")).to_be_focused()
