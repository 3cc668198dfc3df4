"""Every component in both themes, two widths and both languages: nothing broken, nothing barred."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[3]
SHOTS = ROOT / "tests" / "artifacts" / "gallery"
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
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


def look_open(browser: Browser, gallery: str, look: tuple[str, int, str]) -> Any:
    """A browser context with theme, width and language chosen."""
    theme, width, language = look
    context = browser.new_context(viewport={"width": width, "height": 768 if width > 390 else 844})
    context.add_cookies(
        [
            {"name": "berth_theme", "value": theme, "url": gallery},
            {"name": "berth_language", "value": language, "url": gallery},
        ]
    )
    return context


def page_open(context: Any, address: str) -> tuple[Page, list[str]]:
    """Open a page; whatever it complains about is collected, CSP violations included."""
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text) if message.type in {"error", "warning"} else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_init_script(
        "addEventListener('securitypolicyviolation', e =>"
        " console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"
    )
    page.goto(address)
    page.locator(".b-live[data-state=live], .b-entrance").first.wait_for()
    return page, complaints


@pytest.mark.timeout(300)
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
def test_every_page_is_whole(browser: Browser, gallery: str, look: tuple[str, int, str]) -> None:
    context = look_open(browser, gallery, look)
    SHOTS.mkdir(parents=True, exist_ok=True)
    for path in PAGES:
        page, complaints = page_open(context, f"{gallery}/ui/gallery/{path}")
        name = path.strip("/").split("/?")[0].replace("/", "-") or "home"
        page.screenshot(path=SHOTS / f"{name}-{'-'.join(map(str, look))}.png", full_page=True)
        assert page.locator("html").get_attribute("data-bs-theme") == look[0]
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert sideways <= 0, f"{path} scrolls sideways by {sideways} px at {look[1]} px"
        assert complaints == [], path
        if look in PAIRS:
            assert axe_find(page) == [], path
        page.close()
    context.close()


def axe_find(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds, without exclusions: rule and elements."""
    # Through the debugger's channel: the page's own policy stays as strict as it is.
    page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    found = page.evaluate("axe.run(document)")["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def test_pages_reflow_at_320_px(browser: Browser, gallery: str) -> None:
    """320 px is what a laptop shows at 400 % zoom (WCAG 1.4.10)."""
    context = look_open(browser, gallery, ("light", 320, "en"))
    for path in PAGES:
        page, _complaints = page_open(context, f"{gallery}/ui/gallery/{path}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        page.close()
    context.close()
