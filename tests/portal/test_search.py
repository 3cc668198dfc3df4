"""The search: what each viewer finds, in which order, at which cost, and what is no harm to ask."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Browser, expect

from portal.scope import scope
from portal.search.find import ref_number, search_find, search_text
from portal.viewer import Viewer
from tenants.services.requests import RequestInput, request_draft_save
from tests.browser.looking import READY, axe_find, page_open, signed_in
from tests.people import People, Someone
from tests.portal.servers import uvicorn_running
from tests.scheduling.pages.seed import Seed, seed_make
from tests.tenants.rest import Rest

CONTROL = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SELECT set_config)")
KINDS = ["clusters", "nodes", "pools", "tenants", "requests", "allocations", "jobs"]


@pytest.fixture
def seed(people: People) -> Seed:
    """Something of every kind; a draft of vision is called train-ams-9."""
    made = seed_make()
    with scope(people.alice.viewer) as viewer:
        request_draft_save(
            tenant_key="vision",
            data=RequestInput(kind="allocation", ask={"name": "train-ams-9"}),
            viewer=viewer,
            now=made.job.created_at,
        )
    return made


def found(someone: Someone, text: str, most: int = 20) -> dict[str, list[str]]:
    """Labels of what somebody finds, by kind."""
    with scope(someone.viewer) as viewer:
        answer = search_find(viewer=viewer, text=text, most=most)
    return {each.kind.name: [hit.label for hit in each.hits] for each in answer}


def test_operators_find_every_kind(people: People, seed: Seed) -> None:
    assert found(people.operator, "ams-1")["clusters"] == ["ams-1"]
    assert found(people.operator, "H100-02")["nodes"] == ["ams1-h100-02"]
    assert found(people.operator, "train")["pools"] == ["h100"]
    vision = found(people.operator, "vision")
    assert vision["tenants"] == ["Computer Vision"]
    assert vision["requests"][0].endswith("train-ams-9")
    assert len(vision["allocations"]) == 5
    assert found(people.operator, "allocation.create")["jobs"]


def test_an_allocation_that_has_ended_says_so(people: People, seed: Seed) -> None:
    with scope(Viewer.system("tests")):
        seed.active.state = "released"
        seed.active.save(update_fields=["state"])
    with scope(people.alice.viewer) as viewer:
        answer = search_find(viewer=viewer, text="vision", most=20)
    notes = {h.label: h.note for e in answer if e.kind.name == "allocations" for h in e.hits}
    assert notes.pop(f"A-{seed.active.pk} pretrain") == "vision, Released"
    assert set(notes.values()) == {"vision", "vision, Failed"}


def test_members_find_their_own_alone(people: People, seed: Seed) -> None:
    alice = found(people.alice, "ams")
    assert set(alice) == {"requests"}
    assert found(people.charlie, "ams") == {}
    assert found(people.charlie, "pretrain") == {}
    assert found(people.charlie, "vision") == {}
    assert set(found(people.charlie, "speech")) == {"tenants", "allocations"}
    assert found(people.alice, "speech") == {}
    assert found(people.alice, "aurora") == {}


def test_nobody_finds_anything_without_rights(people: People, seed: Seed) -> None:
    with scope(Viewer.system("tests")):  # the database would show it all
        answer = search_find(viewer=Viewer.anonymous(), text="vision", most=20)
    assert answer == []


def test_a_reference_finds_its_object(people: People, seed: Seed) -> None:
    number = seed.active.pk
    for text in (f"A-{number}", f"a{number}", f" A-{number} "):
        assert found(people.alice, text)["allocations"][0] == f"A-{number} pretrain", text
    assert "jobs" not in found(people.alice, f"A-{number}")
    job = found(people.alice, f"J-{seed.job.pk}")
    assert [label.split()[0] for label in job["jobs"]] == [f"J-{seed.job.pk}"]
    assert found(people.charlie, f"A-{number}") == {}
    assert found(people.charlie, f"J-{seed.job.pk}") == {}


def test_exact_names_come_first_and_the_rest_is_counted(people: People, seed: Seed) -> None:
    nodes = found(people.operator, "ams1-h100-0", most=2)["nodes"]
    assert nodes == ["ams1-h100-01", "ams1-h100-02"]
    with scope(people.operator.viewer) as viewer:
        answer = {e.kind.name: e for e in search_find(viewer=viewer, text="ams", most=2)}
    assert answer["nodes"].more
    assert not answer["clusters"].more
    assert found(people.operator, "vision")["tenants"] == ["Computer Vision"]


@pytest.mark.parametrize(
    ("text", "ref", "number"),
    [
        ("A-342", "A-", 342),
        ("a342", "A-", 342),
        ("20,931", "J-", 20931),
        ("#12", "#", 12),
        ("A-342", "J-", None),
        ("9" * 19, "A-", None),
        ("٣", "A-", None),
        ("", "A-", None),
    ],
)
def test_references_are_read(text: str, ref: str, number: int | None) -> None:
    assert ref_number(text, ref) == number


def test_texts_are_made_fit() -> None:
    assert search_text("  a\0b \n c ") == "a b c"
    assert len(search_text("x" * 500)) == 100


@pytest.mark.parametrize("text", ["", "a", "%", "\0\0", "' OR 1=1 --", "x" * 5000, "\ud800a", "٣٣"])
def test_no_text_is_harmful(people: People, seed: Seed, text: str) -> None:
    for address in ("/search/", "/search/quick/", "/api/v1/search/"):
        query = {"q": text.encode("utf-8", "surrogatepass")}
        assert people.alice.client().get(address, query).status_code == 200, address
    assert found(people.operator, text) == {}


def test_percent_and_underscore_are_letters(people: People, seed: Seed) -> None:
    assert found(people.operator, "a_s") == {}
    assert found(people.operator, "a%s") == {}


def test_the_page_costs_few_queries_however_much_is_found(people: People, seed: Seed) -> None:
    for someone in (people.operator, people.alice):
        client = someone.client()
        client.get("/search/?q=vision")
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/search/?q=vision")
        asked = [q["sql"] for q in queries if not CONTROL.match(q["sql"])]
        assert len(asked) <= 12, asked
        assert sum("search_rank" in sql for sql in asked) == 1
        assert "pretrain" in page.content.decode()


def test_the_page_says_what_to_do_when_nothing_is_found(people: People, seed: Seed) -> None:
    client = people.alice.client()
    assert "Type at least two characters" in client.get("/search/").content.decode()
    nothing = client.get("/search/?q=%3Cb%3Ezebra").content.decode()
    assert "Nothing is called &lt;b&gt;zebra" in nothing
    assert "/api/v1/search/?q=%3Cb%3Ezebra" in nothing
    assert Client().get("/search/?q=zebra")["Location"].startswith("/accounts/login/")


def test_every_hit_leads_to_a_page_that_opens(people: People, seed: Seed) -> None:
    opened = set()
    for someone in (people.operator, people.auditor, people.alice, people.bob):
        client, rest = someone.client(), Rest(someone.client())
        for text in ("ams", "h100", "vision", "allocation"):
            for each in rest.get("search/", q=text).json()["results"]:
                opened.add(each["kind"])
                for hit in each["hits"]:
                    assert client.get(hit["url"]).status_code == 200, (someone, hit)
    assert opened == set(KINDS)


def test_the_quick_list_offers_a_few_of_each_kind_and_the_way_to_all(
    people: People, seed: Seed
) -> None:
    part = people.operator.client().get("/search/quick/?q=ams").content.decode()
    assert "<html" not in part
    assert part.count('href="/ops/nodes/') == 4
    assert 'href="/search/?q=ams"' in part
    assert people.operator.client().get("/search/quick/").content.strip() == b""


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_list_opens_below_the_field_and_is_walked_by_keys(
    browser: Browser, people_committed: People, assets: Path, tmp_path: Path
) -> None:
    seed_make()
    with uvicorn_running(tmp_path / "log", BERTH_DEBUG="1") as server:
        look = ("light", 1366, "en")
        context = signed_in(browser, server.origin, people_committed.operator, look)
        page, said = page_open(context, f"{server.origin}/jobs/")
        page.keyboard.press("Control+k")
        page.keyboard.type("ams1-h100")
        expect(page.locator("#b-quick a")).to_have_count(5)
        expect(page.locator("#b-announcer")).to_have_text("4 found")
        with page.expect_response(lambda answer: "/jobs/" in answer.url):
            page.locator("live-region [hx-get]").first.dispatch_event("refresh")
        page.wait_for_timeout(300)  # the jobs are as they were: nothing to say about them
        expect(page.locator("#b-announcer")).to_have_text("4 found")
        assert axe_find(page) == []
        page.keyboard.press("Escape")
        expect(page.locator("#b-quick")).to_be_hidden()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(page.locator("#b-quick a").nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url("**/ops/nodes/ams-1/ams1-h100-02/")
        expect(page.locator(".b-live")).to_have_attribute("data-state", "live")
        page.goto(f"{server.origin}/search/?q=vision")
        page.locator(READY).first.wait_for()
        assert axe_find(page) == []
        assert said == []
        context.close()
