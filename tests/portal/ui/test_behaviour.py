"""What the custom elements do, in a real browser against a scripted socket."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, expect

pytestmark = pytest.mark.browser
BELOW_THE_BAR = """() => document.querySelector('.b-changes').getBoundingClientRect().top
  >= document.querySelector('.b-top').getBoundingClientRect().bottom"""


@pytest.fixture
def page(browser: Browser, gallery: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=gallery)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=gallery)
    httpx.post(f"{gallery}/_live/refuse?on=0")
    yield context.new_page()
    context.close()


def refetches(page: Page) -> list[str]:
    """Addresses that htmx asks for from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.headers.get("hx-request"):
            asked.append(request.url)

    page.on("request", note)
    return asked


def live(page: Page) -> None:
    expect(page.locator(".b-live")).to_have_attribute("data-state", "live")


def table_open(page: Page) -> None:
    """Open the page with the table and let it catch up once, as it does when it has subscribed."""
    with page.expect_response(lambda answer: "hx-request" in answer.request.headers):
        page.goto("/ui/gallery/table/")
    live(page)
    page.wait_for_load_state("networkidle")


def test_an_event_refetches_the_part(page: Page, gallery: str) -> None:
    table_open(page)
    with page.expect_response("**/ui/gallery/table/"):
        httpx.post(f"{gallery}/_live/publish?topic=nodes")
    expect(page.locator("#nodes .b-table")).to_have_count(1)
    expect(page.locator(".b-shell")).to_have_count(1)


def test_a_lost_event_is_noticed_by_the_next(page: Page, gallery: str) -> None:
    table_open(page)
    asked = refetches(page)
    httpx.post(f"{gallery}/_live/publish?topic=nodes&tell=0")
    page.wait_for_timeout(400)
    assert asked == []
    with page.expect_response("**/ui/gallery/table/"):
        httpx.post(f"{gallery}/_live/publish?topic=nodes")


def test_a_cut_socket_is_marked_and_the_gap_refetched(page: Page, gallery: str) -> None:
    table_open(page)
    httpx.post(f"{gallery}/_live/refuse?on=1")
    httpx.post(f"{gallery}/_live/cut")
    mark = page.locator(".b-live")
    expect(mark).to_have_attribute("data-state", re.compile("reconnecting|polling"))
    expect(mark).to_have_attribute("data-state", "polling", timeout=10_000)
    expect(mark).to_contain_text("Polling")
    httpx.post(f"{gallery}/_live/refuse?on=0")
    with page.expect_response("**/ui/gallery/table/", timeout=20_000):
        pass
    live(page)


def test_nothing_moves_under_the_pointer(page: Page, gallery: str) -> None:
    table_open(page)
    page.locator("#nodes tbody tr").nth(3).hover()
    asked = refetches(page)
    button = page.locator(".b-changes")
    httpx.post(f"{gallery}/_live/publish?topic=nodes")
    expect(button).to_have_text("1 change, refresh")
    httpx.post(f"{gallery}/_live/publish?topic=nodes")
    expect(button).to_have_text("2 changes, refresh")
    page.mouse.wheel(0, 300)
    page.wait_for_timeout(100)
    assert page.evaluate(BELOW_THE_BAR)
    assert asked == []
    with page.expect_response("**/ui/gallery/table/"):
        button.click()
    expect(button).to_have_count(0)


def test_what_was_held_comes_when_the_pointer_leaves_the_rows(page: Page, gallery: str) -> None:
    table_open(page)
    page.locator("#nodes tbody tr").nth(3).hover()
    httpx.post(f"{gallery}/_live/publish?topic=nodes")
    expect(page.locator(".b-changes")).to_be_visible()
    with page.expect_response("**/ui/gallery/table/"):
        page.locator("#nodes .b-filters").hover()  # still in the part, but on none of its rows
    expect(page.locator(".b-changes")).to_have_count(0)


def test_pause_holds_events_until_resumed(page: Page, gallery: str) -> None:
    table_open(page)
    page.locator("[data-pause]").click()
    expect(page.locator(".b-live")).to_have_attribute("data-state", "paused")
    asked = refetches(page)
    httpx.post(f"{gallery}/_live/publish?topic=nodes")
    page.wait_for_timeout(300)
    assert asked == []
    with page.expect_response("**/ui/gallery/table/"):
        page.locator("[data-pause]").click()


def test_the_preview_shows_the_last_answer_only(page: Page) -> None:
    page.goto("/ui/gallery/form/")
    posts: list[str] = []
    page.on("request", lambda r: posts.append(r.url) if r.method == "POST" else None)
    field = page.get_by_label("Replicas")
    # At once: two round trips of the test may take longer than the form waits for more.
    field.evaluate("""field => ['5', '50'].forEach(text => {
      field.value = text;
      field.dispatchEvent(new Event('input', {bubbles: true}));
    })""")
    expect(page.locator("#preview")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#preview h2").first).to_have_text("Fits now, needs approval")
    assert len(posts) == 1


def test_form_errors_link_to_their_fields(page: Page) -> None:
    page.goto("/ui/gallery/form/")
    page.get_by_label("Replicas").fill("0")
    page.get_by_role("button", name="Submit for approval").click()
    summary = page.locator(".b-errors")
    expect(summary).to_contain_text("2 things to correct")
    summary.get_by_role("link", name="Replicas").click()
    replicas = page.get_by_label("Replicas")
    expect(replicas).to_have_attribute("aria-invalid", "true")
    described = replicas.get_attribute("aria-describedby") or ""
    assert page.locator(f"#{described.split()[0]}").inner_text() != ""


def test_the_theme_is_kept_without_a_flash(page: Page) -> None:
    page.goto("/ui/gallery/")
    page.locator(".b-tools theme-toggle button").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    for _try in range(100):  # the choice is posted beside the page
        if any(cookie["name"] == "berth_theme" for cookie in page.context.cookies()):
            break
        page.wait_for_timeout(100)
    answer = page.request.get("/ui/gallery/").text()
    assert 'data-bs-theme="dark"' in answer[:400]


def test_the_language_switch_stays_on_the_page(page: Page) -> None:
    page.goto("/ui/gallery/states/")
    page.locator(".b-tools [name=language]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    assert page.url.endswith("/ui/gallery/states/")


def test_keys_search_go_and_walk_rows(page: Page) -> None:
    page.goto("/ui/gallery/table/")
    page.keyboard.press("/")
    expect(page.locator(".b-search input")).to_be_focused()
    page.locator(".b-search input").blur()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#nodes tbody tr").nth(1).locator("a").first).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("#nodes tbody tr").nth(0).locator("a").first).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#b-keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#b-keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/ui/gallery/queue/")


def test_the_list_of_keys_names_what_the_page_binds(page: Page) -> None:
    page.goto("/ui/gallery/queue/")
    page.keyboard.press("?")
    listed = page.locator("#b-keys [data-page-keys] tr")
    expect(listed).to_have_text(["rReject", "lOffer less: 8", "aApprove 16 H100"])
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Offer less").evaluate("found => found.remove()")
    page.keyboard.press("?")
    expect(listed).to_have_text(["rReject", "aApprove 16 H100"])


def test_copying_says_so(page: Page) -> None:
    page.goto("/ui/gallery/states/")
    page.locator("[data-copy]").first.click()
    expect(page.locator("#b-announcer")).to_have_text("Copied")
    assert "get pods" in page.evaluate("navigator.clipboard.readText()")


def test_a_dialog_opens_closes_and_gives_the_focus_back(page: Page) -> None:
    page.goto("/ui/gallery/detail/")
    opener = page.get_by_role("button", name="Release", exact=True)
    opener.click()
    expect(page.locator("#release")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#release")).to_be_hidden()
    expect(opener).to_be_focused()


def test_pages_work_without_a_script(browser: Browser, gallery: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=gallery)
    page = context.new_page()
    page.goto("/ui/gallery/table/?sort=-cpu")
    expect(page.locator("#nodes tbody tr")).to_have_count(25)
    expect(page.locator("th[aria-sort=descending]")).to_have_text("CPU")
    page.locator("summary.b-switch").first.click()
    expect(page.locator(".b-menu-list").first).to_be_visible()
    context.close()


def test_a_long_title_leaves_room_for_the_live_mark_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/ui/gallery/")
    live(page)
    page.locator(".b-switchers details").nth(1).evaluate("found => found.remove()")
    page.locator(".b-switch .b-clip").evaluate(
        "found => { found.textContent = 'Computer Vision and Autonomous Perception' }"
    )
    switch = page.locator(".b-switch").bounding_box()
    tools = page.locator(".b-top > .b-tools").bounding_box()
    assert switch
    assert tools
    assert switch["width"] > 100
    assert switch["x"] + switch["width"] + 4 <= tools["x"]


def test_the_server_is_told_the_time_zone_and_asked_again_once(
    browser: Browser, gallery: str
) -> None:
    context = browser.new_context(base_url=gallery, timezone_id="Asia/Shanghai")
    page, asked = context.new_page(), []
    page.on("request", lambda r: asked.append(r.url) if r.is_navigation_request() else None)
    page.goto("/ui/gallery/#top")
    page.wait_for_load_state("networkidle")
    cookies = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
    assert cookies["berth_zone"] == "Asia/Shanghai"
    assert len(asked) == 2  # a page in UTC came first; this server makes no other
    page.reload()
    page.wait_for_load_state("networkidle")
    assert len(asked) == 3
    context.close()
