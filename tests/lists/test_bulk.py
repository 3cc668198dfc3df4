"""Acts on many rows: asked before, done row by row, and each row's answer said."""

from __future__ import annotations

import re

import pytest

from portal.models import AuditEntry
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation, Drift
from tenants.models import ApiToken
from tests.lists import rows
from tests.people import People
from tests.scheduling.pages.seed import Seed, seed_make


@pytest.fixture
def seed(people: People) -> Seed:
    assert people
    return seed_make()


def answers(text: str) -> dict[str, str]:
    """What the page says of each row: its name, and the sentence beside it."""
    found = re.findall(
        r'<td role="cell" class="b-name">(.*?)</td><td role="cell">(.*?)</td>', text, re.DOTALL
    )
    return {name: re.sub(r"<[^>]+>", "", said).strip() for name, said in found}


def test_releasing_many_says_which_went_and_why_others_did_not(people: People, seed: Seed) -> None:
    client = people.alice.client()
    ids = [seed.active.pk, seed.opened.pk, seed.failed.pk, seed.foreign.pk]
    sent = {"ids": ids, "sure": "release", "why": "x"}
    done = client.post("/t/vision/allocations/release/", sent)
    text = done.content.decode()
    said = answers(text)
    assert done.status_code == 200
    assert set(said) == {f"{a.ref} {a.name}" for a in (seed.active, seed.opened, seed.failed)}
    assert "gives it back" in said[f"{seed.active.ref} {seed.active.name}"]
    assert "already released" in said[f"{seed.failed.ref} {seed.failed.name}"]
    assert "1 row is not there any more" in text
    with scope(Viewer.system("tests")):
        states = dict(Allocation.objects.in_bulk(ids).items())
        assert states[seed.active.pk].state == "releasing"
        assert states[seed.foreign.pk].state == seed.foreign.state
        assert AuditEntry.objects.filter(verb="allocation.release", reason="x").count() == 2


def test_without_a_yes_nothing_is_done_and_the_page_asks(people: People, seed: Seed) -> None:
    client = people.alice.client()
    asked = client.post(
        "/t/vision/allocations/release/", {"ids": [seed.active.pk], "act": "release"}
    )
    text = asked.content.decode()
    assert f'name="ids" value="{seed.active.pk}"' in text
    assert 'name="sure" value="release"' in text
    with scope(Viewer.system("tests")):
        assert Allocation.objects.get(pk=seed.active.pk).state == seed.active.state


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"ids": [], "sure": "release"},
        {"ids": ["x"], "sure": "release"},
        {"ids": ["1" * 30], "sure": "release"},
        {"ids": list(range(1, 102)), "sure": "release"},
        {"ids": [1], "sure": "drop"},
        {"ids": [1]},
    ],
)
def test_nonsense_is_refused(people: People, sent: dict[str, object]) -> None:
    assert people.alice.client().post("/t/vision/allocations/release/", sent).status_code == 400


def test_a_list_offers_the_bar_to_whoever_may_act(people: People, seed: Seed) -> None:
    for name, offered in (("alice", True), ("bob", False)):
        page = getattr(people, name).client().get("/t/vision/allocations/").content.decode()
        assert ("bulk-bar" in page, "data-choose" in page) == (offered, offered)
    page = people.alice.client().get("/t/vision/allocations/").content.decode()
    chosen = re.findall(r'name="ids" value="(\d+)"', page)
    assert str(seed.active.pk) in chosen
    assert str(seed.failed.pk) not in chosen


def test_tokens_end_together_and_one_that_had_ended_says_so(people: People) -> None:
    with scope(Viewer.system("tests")):
        rows.tokens(3, people)
        ids = list(ApiToken.objects.values_list("pk", flat=True))
    client = people.alice.client()
    client.post(f"/t/vision/tokens/{ids[0]}/revoke/")
    text = client.post("/t/vision/tokens/revoke/", {"ids": ids, "sure": "revoke"}).content.decode()
    assert sorted(answers(text).values()) == ["It was revoked before.", "Revoked.", "Revoked."]
    with scope(Viewer.system("tests")):
        assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_a_difference_that_does_not_offer_the_choice_stays_open(people: People) -> None:
    with scope(Viewer.system("tests")):
        rows.drifts(2, people)
        first = Drift.objects.order_by("pk")[0]
        Drift.objects.filter(pk=first.pk).update(kind="missing")
        ids = list(Drift.objects.order_by("pk").values_list("pk", flat=True))
    client = people.operator.client()
    text = client.post("/ops/drift/choose/", {"ids": ids, "sure": "accept"}).content.decode()
    assert sorted(answers(text).values()) == [
        "Settled.",
        "This difference does not offer that choice.",
    ]
    with scope(Viewer.system("tests")):
        still = Drift.objects.filter(resolved_at=None)
        assert [drift.pk for drift in still] == [first.pk]
