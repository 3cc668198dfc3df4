"""What somebody has typed and not sent stays, whatever changes around it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from portal import live
from portal.scope import scope
from portal.viewer import Viewer
from tests.browser.looking import page_settle, signed_in
from tests.browser.standing import people, server, world
from tests.browser.world import World
from tests.people import People
from tests.portal.servers import Server, relay_running

__all__ = ["people", "server", "world"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
CELL = re.compile("Guaranteed, vision, .*H100")


@pytest.mark.parametrize("checked", [False, True], ids=["typed", "checked"])
def test_a_number_stays_in_the_grid_when_others_change_theirs(
    browser: Browser, server: Server, people: People, world: World, checked: bool
) -> None:
    context = signed_in(browser, server.origin, people.operator, ("light", 1366, "en"))
    page = context.new_page()
    with relay_running():
        page.goto(f"{server.origin}/ops/quota/?pool=h100")
        cell = page.get_by_label(CELL)
        cell.fill("17")
        page.get_by_label("Why").fill("More work")  # the focus is no longer in the grid
        if checked:
            with page.expect_navigation():
                page.get_by_role("button", name="Check").click()
        expect(page.locator(".b-live")).to_have_attribute("data-state", "live")
        page_settle(page)
        page.mouse.move(700, 20)
        button = page.locator(".b-changes")
        changed(page)
        page.wait_for_timeout(600)  # a refresh that was held comes 0.4 s after the focus has left
        expect(cell).to_have_value("17")
        with page.expect_response(lambda answer: "/ops/quota/?" in answer.url):
            button.press("Enter")
        expect(button).to_have_count(0)
        expect(page.locator("#quota-grid")).to_be_focused()  # not lost with the button
        expect(cell).to_have_value("17")  # asked for: the rest is new, this is as it was typed
        expect(page.locator("#quota-effect")).to_contain_text("17")
    context.close()


def changed(page: Page) -> None:
    """Somebody else changes quota, until this page has heard of it."""
    for _attempt in range(8):
        with scope(Viewer.system("tests")):
            live.publish("quotas", "changed")
        try:
            page.locator(".b-changes").wait_for(timeout=5_000)
        except TimeoutError:
            continue
        return
    raise AssertionError(page.url)


def test_one_device_is_one_and_two_are_many(
    browser: Browser, server: Server, people: People, world: World
) -> None:
    context = signed_in(browser, server.origin, people.alice, ("light", 1366, "en"))
    page = context.new_page()
    page.goto(f"{server.origin}/t/vision/requests/new/?pool=h100&devices=1")
    row = page.locator("[data-device]")
    expect(row).to_contain_text(re.compile(r"\bdevice\b.*\b1 device\b", re.DOTALL))
    page.get_by_label("Devices per replica").fill("2")
    expect(row).to_contain_text(re.compile(r"\bdevices\b.*\b2 devices\b", re.DOTALL))
    context.close()
