"""What a page keeps whatever stands in it: long words fit, and nothing moves by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import product

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from portal import live
from portal.models import JobRun
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation
from tests.browser.catalogue import GROUPS, Row
from tests.browser.looking import READY, look_choose, page_settle, sideways, signed_in
from tests.browser.standing import people, server, world
from tests.browser.world import World
from tests.people import People, Someone
from tests.portal.servers import Server, relay_running

__all__ = ["people", "server", "world"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
WIDTHS = (1366, 390)
# Words grow by two fifths from English to German, and stand together as one.
GERMAN = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (node.parentElement.closest(
      'script, style, code, pre, svg, [aria-hidden=true], #swagger-ui')) continue;
    node.data = node.data.replace(/\\p{L}{4,}/gu, word =>
      word + word.slice(0, Math.ceil(word.length * 0.4)).toLowerCase());
  }
}"""
CHANGES = (("en", GERMAN), ("zh-hans", "() => 0"))
CUT = """() => [...document.querySelectorAll('button, .b-btn, .b-tool, .b-chip')].filter(each =>
    each.checkVisibility() && !each.querySelector('.b-clip')
    && getComputedStyle(each).textOverflow !== 'ellipsis'
    && each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1)
  .map(each => each.textContent.trim() + ' in ' + each.className)"""
DIM = """all => {
  const colour = each => getComputedStyle(each).color;
  const isCell = each => each.matches("td");
  return {
    dim: all.filter(each => !isCell(each)).map(colour).at(-1),
    cells: all.filter(isCell).map(colour),
  };
}"""
SHIFTS = """() => {
  window.shifts = [];
  new PerformanceObserver(list => list.getEntries().forEach(entry => window.shifts.push(
    [entry.value, ...entry.sources.map(source => source.node?.className ?? '')]
  ))).observe({type: 'layout-shift'});
}"""
KEY_PAGES = frozenset(
    {"ops_home", "allocation_list", "request_queue", "token_list", "quota_grid", "tenant_home"}
)
KEY = tuple(row for rows in GROUPS.values() for row in rows if row.name in KEY_PAGES)
LIVE = {
    "/ops/": "operator",
    "/ops/allocations/": "operator",
    "/jobs/": "operator",
    "/ops/nodes/": "operator",
    "/t/vision/allocations/": "alice",
}


@contextmanager
def opened(browser: Browser, server: Server, someone: Someone | None, width: int) -> Iterator[Page]:
    """A tab of somebody's."""
    context = signed_in(browser, server.origin, someone, ("light", width, "en"))
    try:
        yield context.new_page()
    finally:
        context.close()


def someone_of(who: str, people: People, world: World) -> Someone | None:
    """A person by name; None is nobody."""
    found = (getattr(each, who, None) for each in (people, world))
    return next(filter(None, found), None)


def misfits(page: Page, address: str, change: str) -> list[str]:
    """What does not fit on a page once its words are changed."""
    page.goto(address)
    page.locator(READY).first.wait_for()
    page_settle(page)
    page.evaluate(change)
    over = sideways(page)
    return [*page.evaluate(CUT), *([f"{over} px too wide"] if over > 0 else [])]


def rows_misfit(
    browser: Browser, server: Server, people: People, world: World, rows: tuple[Row, ...]
) -> dict[str, list[str]]:
    """By page, width and language: in Chinese as it is, in words of German length."""
    found = {}
    with ExitStack() as stack:
        tabs: dict[str, Page] = {}  # each person signs in once: the sign-in page counts
        for row, width, (language, change) in product(rows, WIDTHS, CHANGES):
            if row.who not in tabs:
                someone = someone_of(row.who, people, world)
                tabs[row.who] = stack.enter_context(opened(browser, server, someone, width))
            look_choose(tabs[row.who], server.origin, ("light", width, language))
            address = server.origin + row.path.format(**world.names())
            found[f"{row.name} {width} {language}"] = misfits(tabs[row.who], address, change)
    return {name: wrong for name, wrong in found.items() if wrong}


def test_long_words_and_chinese_fit_on_the_pages_of_every_day(
    browser: Browser, server: Server, people: People, world: World
) -> None:
    assert rows_misfit(browser, server, people, world, KEY) == {}


@pytest.mark.long
@pytest.mark.parametrize("group", GROUPS)
def test_long_words_and_chinese_fit_everywhere(
    browser: Browser, server: Server, people: People, world: World, group: str
) -> None:
    assert rows_misfit(browser, server, people, world, GROUPS[group]) == {}


def test_a_phone_shows_the_queue_or_what_was_picked_from_it(
    browser: Browser, server: Server, people: People, world: World
) -> None:
    with opened(browser, server, people.operator, 390) as page:
        page.goto(f"{server.origin}/ops/queue/")
        listed, detail = page.locator("#queue-list"), page.locator("#queue-detail")
        expect(listed).to_be_visible()
        expect(detail).to_be_hidden()
        page.keyboard.press("a")  # decides nothing that isn't on the screen
        expect(page.locator("#approve")).to_be_hidden()
        listed.locator(".b-pick").nth(1).click()
        expect(detail).to_be_in_viewport()
        expect(listed).to_be_hidden()
        page.get_by_role("link", name="Back to the queue").click()
        expect(listed).to_be_visible()


def test_a_folded_step_tells_only_what_could_be_filled_in(
    browser: Browser, server: Server, people: People, world: World
) -> None:
    with opened(browser, server, people.alice, 390) as page:
        page.goto(f"{server.origin}/t/vision/requests/new/")
        lines = page.locator(".b-request-line")
        page.locator("#id_image").fill("registry.example/a:1")
        page.get_by_role("button", name="Next").click()
        expect(lines.nth(0)).to_contain_text("registry.example/a:1")
        lines.nth(0).click()
        page.locator("label", has_text="Open capacity").click()
        page.get_by_role("button", name="Next").click()
        expect(lines.nth(0)).to_contain_text("Open capacity")
        expect(lines.nth(0)).not_to_contain_text("registry.example")
        expect(lines.nth(0)).not_to_contain_text("Service")


def test_every_number_of_a_silent_node_is_dimmed_with_its_time_on_hover(
    browser: Browser, server: Server, people: People, world: World
) -> None:
    with opened(browser, server, people.operator, 1366) as page:
        page.goto(f"{server.origin}/ops/nodes/lab-3/lab3-a100-2/")
        numbers = page.locator(".b-kpi .b-amount, .b-kpi-value, .b-table td.b-num")
        # Read at one instant: a part that the page refetches is another element afterwards.
        shown = numbers.evaluate_all(DIM)
        assert len(shown["cells"]) > 1
        assert set(shown["cells"]) == {shown["dim"]}
        frozen = page.locator(".b-table-wrap[title]").first.get_attribute("title") or ""
        assert frozen.startswith("as of ")


@pytest.mark.long  # on a busy machine a live event came late once; until that is understood
@pytest.mark.parametrize("path", LIVE)
def test_nothing_shifts_when_something_changes(
    browser: Browser, server: Server, people: People, world: World, path: str
) -> None:
    someone = someone_of(LIVE[path], people, world)
    with relay_running(), opened(browser, server, someone, 1366) as page:
        page.goto(server.origin + path)
        expect(page.locator(".b-live")).to_have_attribute("data-state", "live")
        page_settle(page)
        page.mouse.move(700, 60)
        page.evaluate(SHIFTS)
        refreshed(page, path, world)
        page_settle(page)
        page.wait_for_timeout(300)
        assert page.evaluate("window.shifts") == []
        page.evaluate("document.querySelector('#main').style.paddingTop = '90px'")
        page.wait_for_function("() => window.shifts.length > 0")  # it would have been seen


def test_rows_stay_under_the_pointer_until_it_leaves(
    browser: Browser, server: Server, people: People, world: World
) -> None:
    with relay_running(), opened(browser, server, people.operator, 1366) as page:
        page.goto(f"{server.origin}/ops/allocations/")
        expect(page.locator(".b-live")).to_have_attribute("data-state", "live")
        page_settle(page)
        row = page.locator("#allocations tbody tr").nth(2)
        row.hover()
        name = row.locator(".b-name")
        before = row.bounding_box(), name.inner_text()
        newcomer_make(world)
        expect(page.locator(".b-changes")).to_be_visible()
        assert (row.bounding_box(), name.inner_text()) == before
        page.mouse.move(700, 60)
        expect(page.locator("#allocations tbody tr").first).to_contain_text("newcomer")


def test_chosen_rows_stay_chosen_and_one_key_or_a_range_chooses(
    browser: Browser, server: Server, people: People, world: World
) -> None:
    with relay_running(), opened(browser, server, people.operator, 1366) as page:
        page.goto(f"{server.origin}/ops/allocations/?state=live")
        expect(page.locator(".b-live")).to_have_attribute("data-state", "live")
        page_settle(page)
        boxes = page.locator("[data-choose]")
        assert boxes.count() >= 3
        expect(page.locator("bulk-bar")).to_be_hidden()
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(page.locator("bulk-bar [role=status]")).to_have_text("1 chosen")
        boxes.nth(0).uncheck()
        boxes.nth(0).click()
        boxes.nth(2).click(modifiers=["Shift"])
        expect(page.locator("bulk-bar [role=status]")).to_have_text("3 chosen")
        page.mouse.move(700, 60)
        job_changed(world)
        expect(page.locator(".b-changes")).to_be_visible()
        expect(boxes.nth(1)).to_be_checked()
        page.get_by_role("button", name="Release").click()
        expect(page.get_by_role("dialog")).to_contain_text("3 chosen")
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Choose none").click()
        expect(page.locator("bulk-bar")).to_be_hidden()


def test_paper_shows_the_table_alone_in_light_colours(
    browser: Browser, server: Server, people: People, world: World
) -> None:
    context = signed_in(browser, server.origin, people.operator, ("dark", 1366, "en"))
    page = context.new_page()
    page.goto(f"{server.origin}/ops/allocations/")
    page_settle(page)
    page.emulate_media(media="print")
    for gone in (".b-top", ".b-nav", ".b-filters", ".b-select >> nth=0"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.locator("#allocations tbody tr").first).to_be_visible()
    white = "rgb(255, 255, 255)"
    expect(page.locator(".b-panel").first).to_have_css("background-color", white)
    context.close()


def refreshed(page: Page, path: str, world: World) -> None:
    """Change something until the page has fetched anew: it may not have subscribed yet."""
    for _attempt in range(8):
        try:
            with page.expect_response(lambda answer: answer.url.endswith(path), timeout=5_000):
                job_changed(world)
        except TimeoutError:
            continue
        return
    raise AssertionError(path)


def job_changed(world: World) -> None:
    """A step further, and everybody is told."""
    with scope(Viewer.system("tests")) as viewer:
        JobRun.objects.filter(pk=world.seed.job.pk).update(step_index=1)
        for topic in ("jobs", "allocations", "nodes", "clusters", "tenant:vision"):
            live.publish(topic, "changed", tenant_key="vision" if ":" in topic else "")
    assert viewer


def newcomer_make(world: World) -> None:
    """One more allocation, which comes first in the list."""
    like = world.seed.active
    with scope(Viewer.system("tests")):
        Allocation.objects.create(
            tenant_key="speech",
            kind="workload",
            name="newcomer",
            pool=like.pool,
            shape=like.shape,
            charged=like.charged,
            created_by="charlie",
        )
        live.publish("allocations", "changed")
