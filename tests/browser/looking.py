"""Open a page as somebody sees it, and collect whatever is wrong with it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from tests.people import Someone

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
READY = ".b-live[data-state=live], .b-entrance"
Look = tuple[str, int, str]  # theme, width in px, language


def context_open(browser: Browser, origin: str, look: Look) -> BrowserContext:
    """A browser context with theme, width and language chosen."""
    theme, width, language = look
    context = browser.new_context(viewport={"width": width, "height": 768 if width > 390 else 844})
    cookies = {"berth_theme": theme, "berth_language": language, "django_language": language}
    context.add_cookies(
        [{"name": name, "value": value, "url": origin} for name, value in cookies.items()]
    )
    return context


def signed_in(browser: Browser, origin: str, who: Someone, look: Look) -> BrowserContext:
    """The same, where somebody has signed in."""
    context = context_open(browser, origin, look)
    found = {name: cookie.value for name, cookie in who.client().cookies.items()}
    context.add_cookies(
        [{"name": name, "value": value, "url": origin} for name, value in found.items()]
    )
    return context


def page_open(context: BrowserContext, address: str, ready: str = READY) -> tuple[Page, list[str]]:
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
    page.locator(ready).first.wait_for()
    return page, complaints


def axe_find(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds, without exclusions: rule and elements."""
    # Through the debugger's channel: the page's own policy stays as strict as it is.
    page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    found = page.evaluate("axe.run(document)")["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
