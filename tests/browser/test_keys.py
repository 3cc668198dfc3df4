"""The list behind "?" names what the page itself binds, in the words of its buttons."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.looking import page_open, signed_in
from tests.browser.standing import people, server, world
from tests.browser.world import World
from tests.people import People
from tests.portal.servers import Server

__all__ = ["people", "server", "world"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LISTED = "#b-keys [data-page-keys] tr"
DECISION = [
    re.compile(r"^r\s*Reject$"),
    re.compile(r"^l\s*Offer less$"),
    re.compile(r"^a\s*Appr"),
]


def test_the_queue_lists_the_keys_of_a_decision(
    browser: Browser, server: Server, people: People, world: World
) -> None:
    waiting = f"{server.origin}/ops/queue/{world.asks.waiting.pk}/"
    context = signed_in(browser, server.origin, people.operator, ("light", 1366, "en"))
    page, said = page_open(context, waiting)
    listed = page.locator(LISTED)
    page.keyboard.press("?")
    expect(listed).to_have_text(DECISION)
    page.keyboard.press("Escape")
    page.goto(f"{server.origin}/ops/pools/")
    page.locator("summary", has_text="Signed in as").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Help").click()
    docs = page.locator("#b-keys").get_by_role("link", name="API documentation")
    expect(docs).to_have_attribute("href", "/api/docs/")
    expect(listed).to_have_text([re.compile(r"^n\s*New pool$")])
    assert said == []
    context.close()


def test_a_key_of_a_decision_moves_nothing_under_its_dialog(
    browser: Browser, server: Server, people: People, world: World
) -> None:
    waiting = f"{server.origin}/ops/queue/{world.asks.waiting.pk}/"
    context = signed_in(browser, server.origin, people.operator, ("light", 1366, "en"))
    page, _said = page_open(context, waiting)
    page.set_viewport_size({"width": 1366, "height": 500})
    page.evaluate("document.querySelector('.b-split-foot').style.height = '120px'")
    for key, name in (("a", "approve"), ("l", "less"), ("r", "reject")):
        page.keyboard.press(key)
        expect(page.locator(f"dialog#{name}")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(f"dialog#{name}")).to_be_hidden()
        assert page.evaluate("scrollY") == 0, key
    context.close()


def test_who_decides_nothing_is_told_of_no_such_key(
    browser: Browser, server: Server, people: People, world: World
) -> None:
    waiting = f"{server.origin}/ops/queue/{world.asks.waiting.pk}/"
    context = signed_in(browser, server.origin, people.auditor, ("light", 1366, "en"))
    page, _said = page_open(context, waiting)
    page.keyboard.press("?")
    expect(page.locator("#b-keys")).to_be_visible()
    expect(page.locator(LISTED)).to_have_count(0)
    context.close()
