"""The history of one number: as long as it is, page by page, newest first."""

from __future__ import annotations

import re

import pytest

from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Quota, QuotaChange
from scheduling.services.moves import Direction, Move, quota_move
from tests.people import People
from tests.scheduling.pages.seed import H100, Seed
from tests.scheduling.pages.test_pages import MOST_QUERIES, statements

MANY = 120
CHANGES = list(reversed(range(MANY)))
MOVES = [number for number in reversed(range(MANY // 2)) for _there_and_back in range(2)]
THERE_AND_BACK: tuple[Direction, ...] = ("reserve", "cancel")


@pytest.fixture
def page(seed: Seed) -> str:
    """The address of vision's H100, which were changed and moved often."""
    with scope(Viewer.system("tests")):
        quota = Quota.objects.get(tenant_key="vision", pool=seed.pools["h100"], resource=H100)
        QuotaChange.objects.bulk_create(
            QuotaChange(quota=quota, field="guaranteed", old=16, new=16, who="o", why=f"why-{n}")
            for n in range(MANY)
        )
        for number in range(MANY // 2):
            for direction in THERE_AND_BACK:
                move = Move(f"B-{number}", direction, "vision", quota.pool_id, {H100: 1})
                assert quota_move(move) is None
    return f"/ops/quota/{quota.pk}/"


def numbered(sign: str, body: str) -> list[int]:
    """The rows of a page's list, in its order."""
    return [int(number) for number in re.findall(rf"[> ]{sign}-(\d+)<", body)]


def test_changes_and_moves_are_paged_apart_from_each_other(people: People, page: str) -> None:
    client = people.operator.client()
    bodies = [client.get(f"{page}?page={n}").content.decode() for n in range(1, 4)]
    assert [number for body in bodies for number in numbered("why", body)] == CHANGES
    assert {tuple(numbered("B", body)) for body in bodies} == {tuple(MOVES[:50])}
    assert "1 to 50 of 121" in bodies[0]
    assert 'href="?page=2"' in bodies[0]
    assert 'href="?page=2&amp;moves=2"' in bodies[1]
    second = client.get(f"{page}?page=2&moves=2").content.decode()
    assert numbered("B", second) == MOVES[50:100]
    assert numbered("why", second) == CHANGES[50:100]
    labels = set(re.findall(r'<nav class="b-pager" aria-label="([^"]*)"', second))
    assert labels == {"Pages: Who set it", "Pages: Ledger"}


def test_a_move_leads_to_what_moved_and_the_number_to_where_it_is_set(
    people: People, seed: Seed
) -> None:
    held = seed.active
    with scope(Viewer.system("tests")):
        aurora = Quota.objects.get(tenant_key="aurora", pool=held.pool, resource=H100)
        move = Move(held.ref, "reserve", "vision", held.pool_id, {H100: 1}, allocation_id=held.pk)
        assert quota_move(move) is None
    page, link = f"/ops/quota/{aurora.pk}/", f'href="/t/vision/allocations/{held.pk}/">{held.ref}<'
    body, read = people.operator.client().get(page).text, people.auditor.client().get(page).text
    assert link in body
    assert link in read
    assert 'href="/ops/tenants/aurora/"' in body
    change = re.compile(
        r'href="/ops/quota/\?pool=\w+"[^>]*>(?:<svg.*?</svg>)?\s*Change quota', re.S
    )
    assert change.search(body)
    assert not change.search(read)


def test_a_long_history_costs_few_queries(people: People, page: str) -> None:
    assert len(statements(people.operator.client(), page)) <= MOST_QUERIES
