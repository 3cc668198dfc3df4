"""The main job without a mouse: asked for, previewed, approved, watched and given back by keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.keyboard import Keyboard
from tests.browser.yard import SLOW, Yard, fleet_divide, token_make, yard_open

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
REQUEST, ALLOCATION = r"/t/vision/requests/\d+/", r"/t/vision/allocations/\d+/"
# As it stands in the form from top to bottom; the pool is a list, where letters choose.
WANTED = {
    "name": "train",
    "image": "registry.example/vision/train:1",
    "pool": "L40S",
    "replicas": "2",
    "devices": "1",
    "cores": "4",
    "memory": "16",
    "justification": "A paper is due.",
}


@pytest.fixture(scope="module")
def yard(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    folder = tmp_path_factory.mktemp("keyboard")
    with yard_open(browser, folder, kind="simulator") as found:
        fleet_divide(found, token_make(found, "operator", "/ops/tokens/new/"), pool="l40s")
        yield found


def test_the_main_job_by_keys_alone(yard: Yard) -> None:
    with yard.person("vision-member") as member, yard.person("operator") as operator:
        keys = Keyboard(member.page)
        ask(keys)
        again = member.page.get_by_role("link", name="Ask again")
        keys.reach(again)
        approve(Keyboard(operator.page))
        watch(keys)
        expect(again).to_be_focused()
        open_allocation(keys)
        release(keys)
        assert member.complaints.said == []
        assert operator.complaints.said == []


def ask(keys: Keyboard) -> None:
    """From wherever one is to a submitted request; the answer is read before."""
    page = keys.page
    keys.leave("g", "r", address="/t/vision/requests/")
    keys.follow(page.get_by_role("link", name="Ask for capacity").first, "/requests/new/")
    for name, text in WANTED.items():
        field = page.locator(f"#id_{name}")
        keys.reach(field)
        keys.write(text)
    expect(page.locator("#id_device")).to_contain_text("L40S")
    expect(page.locator("#preview")).to_contain_text("Fits now")
    expect(page.locator("#preview")).to_have_attribute("aria-busy", "false")
    keys.look()
    keys.follow(page.get_by_role("button", name="Submit for approval"), REQUEST)
    expect(page.locator("#request")).to_contain_text("Waits for a decision")


def approve(keys: Keyboard) -> None:
    """The oldest of the queue is shown at once; a change of mind, then yes."""
    page = keys.page
    keys.leave("g", "r", address="/ops/queue/")
    expect(page.locator("#queue-detail")).to_contain_text("Fits now")
    keys.press("r")
    expect(page.locator("#reject")).to_be_visible()
    keys.press("Escape")
    expect(page.locator("#reject")).to_be_hidden()
    expect(page.locator("body")).not_to_be_focused()  # the opener has the focus back
    keys.press("a")
    expect(page.locator("#approve")).to_be_visible()
    keys.leave("Enter", address="/ops/queue/")


def watch(keys: Keyboard) -> None:
    """The steps come by themselves, and take the focus from nobody."""
    expect(keys.page.locator(".b-steps tr.is-done")).to_have_count(5, timeout=SLOW)
    expect(keys.page.locator("#request")).to_contain_text("Approved, fulfilled")
    keys.look()


def open_allocation(keys: Keyboard) -> None:
    """From the request to what came of it."""
    page = keys.page
    keys.follow(page.get_by_role("link", name=re.compile("Allocation A-")), ALLOCATION)
    expect(page.locator("#allocation")).to_contain_text("Active", timeout=SLOW)
    keys.look()


def release(keys: Keyboard) -> None:
    """Give it back, and see the quota back."""
    page = keys.page
    keys.follow(page.get_by_role("link", name="Release"), "/release/")
    keys.follow(page.get_by_role("button", name=re.compile("^Release 2 .*L40S")), ALLOCATION)
    keys.press("Tab")
    expect(page.locator("#allocation")).to_contain_text("Released", timeout=SLOW)
    keys.look()
    keys.leave("g", "q", address="/t/vision/quota/")
    row = page.locator("#quota-own tr", has_text="L40S")
    expect(row.locator("[data-label=Allocated]")).to_have_text("0")
