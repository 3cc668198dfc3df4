"""Every component in both themes, two widths and both languages: nothing broken, nothing barred."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import axe_find, context_open, page_open, sideways

ROOT = Path(__file__).resolve().parents[3]
SHOTS = ROOT / "tests" / "artifacts" / "gallery"
PAGES = [
    "",
    "form/",
    "table/?q=1&state=ok",
    "detail/",
    "queue/",
    "states/",
    "sign-in/",
    "error/404/",
]
LOOKS = [
    (theme, width, language)
    for theme in ("light", "dark")
    for width in (1366, 390)
    for language in ("en", "zh-hans")
]
# Each two of theme, width and language meet once; axe is the slow part.
PAIRS = [
    ("light", 1366, "en"),
    ("dark", 1366, "zh-hans"),
    ("light", 390, "zh-hans"),
    ("dark", 390, "en"),
]

pytestmark = pytest.mark.browser


@pytest.mark.timeout(300)
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
def test_every_page_is_whole(browser: Browser, gallery: str, look: tuple[str, int, str]) -> None:
    context = context_open(browser, gallery, look)
    SHOTS.mkdir(parents=True, exist_ok=True)
    for path in PAGES:
        page, complaints = page_open(context, f"{gallery}/ui/gallery/{path}")
        name = path.strip("/").split("/?")[0].replace("/", "-") or "home"
        page.screenshot(path=SHOTS / f"{name}-{'-'.join(map(str, look))}.png", full_page=True)
        assert page.locator("html").get_attribute("data-bs-theme") == look[0]
        over = sideways(page)
        assert over <= 0, f"{path} scrolls sideways by {over} px at {look[1]} px"
        assert complaints == [], path
        if look in PAIRS:
            assert axe_find(page) == [], path
        page.close()
    context.close()


def test_pages_reflow_at_320_px(browser: Browser, gallery: str) -> None:
    """320 px is what a laptop shows at 400 % zoom (WCAG 1.4.10)."""
    context = context_open(browser, gallery, ("light", 320, "en"))
    for path in PAGES:
        page, _complaints = page_open(context, f"{gallery}/ui/gallery/{path}")
        assert sideways(page) <= 0, path
        page.close()
    context.close()
