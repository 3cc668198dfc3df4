"""Open a page as somebody sees it, and collect whatever is wrong with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    ViewportSize,
)

from tests.people import Someone

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
READY = ".b-live[data-state=live], .b-entrance"
# The reader of the API is a library's; what its own markup and colours break, and nothing else.
FOREIGN, FOREIGN_FAULTS = "#swagger-ui", ["color-contrast", "heading-order", "nested-interactive"]
SETTLED = """() => document.fonts.status === 'loaded'
  && !document.querySelector(
    '.htmx-request, [aria-busy=true], .b-skeleton, #swagger-ui:not(:has(.opblock-tag))')"""
EMPTY_PARTS = """() => [...document.querySelectorAll('[hx-get][hx-trigger^=load]')]
  .filter(part => part.textContent.trim() === '').map(part => part.getAttribute('hx-get'))"""
RUN = """async ([foreign, faults]) => {
  const known = (rule, node) => faults.includes(rule.id)
    && document.querySelector(node.target[0])?.closest(foreign);
  const {violations} = await axe.run(document, {reporter: 'no-passes'});
  return violations
    .map(rule => [rule.id, rule.nodes.filter(node => !known(rule, node)).map(node => node.html)])
    .filter(([, nodes]) => nodes.length);
}"""
CSP = """addEventListener('securitypolicyviolation', e =>
  console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"""
Look = tuple[str, int, str]  # theme, width in px, language


@dataclass
class Complaints:
    """What a page said, and what it asked for in vain.

    `status` is what its document may answer, `refused` what scripts may be answered besides.
    """

    status: int = 200
    refused: int = 0
    said: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Hear console, exceptions, refused requests and violations of the content policy."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.add_init_script(CSP)

    def _console(self, message: ConsoleMessage) -> None:
        refused = message.text.startswith("Failed to load resource")  # _answered says which
        if message.type in {"error", "warning"} and not refused:
            self.said.append(message.text)

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a newer one took its place
            self.said.append(f"{request.failure} {request.method} {request.url}")

    def _answered(self, response: Response) -> None:
        expected = self.status if response.request.is_navigation_request() else self.refused
        if response.status >= 400 and response.status != expected:
            self.said.append(f"{response.status} {response.request.method} {response.url}")


def context_open(browser: Browser, origin: str, look: Look) -> BrowserContext:
    """A browser context with theme, width and language chosen."""
    context = browser.new_context(viewport=size_of(look[1]))
    _cookies_set(context, origin, look)
    return context


def look_choose(page: Page, origin: str, look: Look) -> None:
    """Another look for what this tab opens next; whoever has signed in stays so."""
    _cookies_set(page.context, origin, look)
    page.set_viewport_size(size_of(look[1]))


def size_of(width: int) -> ViewportSize:
    """A window's size: a phone's is upright."""
    return {"width": width, "height": 768 if width > 390 else 844}


def _cookies_set(context: BrowserContext, origin: str, look: Look) -> None:
    theme, _width, language = look
    names = {"berth_theme": theme, "berth_language": language, "django_language": language}
    context.add_cookies(
        [{"name": name, "value": value, "url": origin} for name, value in names.items()]
    )


def signed_in(browser: Browser, origin: str, who: Someone | None, look: Look) -> BrowserContext:
    """The same, where somebody has signed in (or nobody)."""
    context = context_open(browser, origin, look)
    cookies = who.client().cookies.items() if who else []
    context.add_cookies(
        [{"name": name, "value": cookie.value, "url": origin} for name, cookie in cookies]
    )
    return context


def page_open(context: BrowserContext, address: str, ready: str = READY) -> tuple[Page, list[str]]:
    """Open a page; whatever it complains about is collected, CSP violations included."""
    page, complaints = context.new_page(), Complaints()
    complaints.listen(page)
    page.goto(address)
    page.locator(ready).first.wait_for()
    return page, complaints.said


def page_settle(page: Page) -> None:
    """Wait until nothing is being fetched or drawn any more."""
    page.wait_for_function(SETTLED)


def axe_find(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds: rule and elements."""
    # Through the debugger's channel: the page's own policy stays as strict as it is.
    page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    return [(rule, nodes) for rule, nodes in page.evaluate(RUN, [FOREIGN, FOREIGN_FAULTS])]


def parts_missing(page: Page) -> list[str]:
    """Addresses of parts that were to be fetched, and of which nothing is to be seen."""
    found: list[str] = page.evaluate(EMPTY_PARTS)
    return found


def doubled(page: Page) -> list[str]:
    """Ids that more than one element has: a part that was put into itself, for instance."""
    ids: list[str] = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    return [f"twice on the page: #{name}" for name, count in Counter(ids).items() if count > 1]


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
