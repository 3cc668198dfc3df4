"""A queue of more than a page: everything that waits can be reached, counted and decided."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import CapacityRequest
from tenants.services.requests import request_reject
from tests.tenants.requests.harbour import Harbour, allocation_input
from tests.tenants.requests.test_pages import queries_of

pytestmark = pytest.mark.django_db
MANY = 230


@pytest.fixture
def crowded(harbour: Harbour) -> Harbour:
    """Many requests of vision; each runs out a minute after the one before."""
    now = harbour.now
    ask = allocation_input().ask
    with scope(Viewer.system("tests")):
        CapacityRequest.objects.bulk_create(
            CapacityRequest(
                tenant_id="vision",
                kind="allocation",
                state="countered" if number == MANY - 1 else "submitted",
                counter={"replicas": 1} if number == MANY - 1 else None,
                ask=ask | {"name": f"n{number}"},
                deadline_at=now + timedelta(days=2, minutes=number),
                submitted_at=now,
                created_by_label="alice",
            )
            for number in range(MANY)
        )
    return harbour


def ids_in_order() -> list[int]:
    """Everything that waits, least time left first."""
    with scope(Viewer.system("tests")):
        return list(CapacityRequest.objects.order_by("deadline_at").values_list("pk", flat=True))


def listed(page: str) -> list[int]:
    """The requests of a page's list, in its order."""
    rows = re.findall(r'class="b-pick[^"]*"[^>]*href="/ops/queue/(\d+)/(?:\?view=\w+)?"', page)
    return [int(number) for number in rows]


def test_pages_hold_everything_once_and_say_how_much_there_is(crowded: Harbour) -> None:
    client = crowded.people.operator.client()
    pages = [client.get(f"/ops/queue/?page={n}").content.decode() for n in range(1, 6)]
    assert [listed(page) for page in pages] == [
        ids_in_order()[start : start + 50] for start in range(0, MANY, 50)
    ]
    assert "1 to 50 of 230" in pages[0]
    assert "201 to 230 of 230" in pages[4]
    assert "1 of 230" in pages[0]
    assert len(listed(client.get("/ops/queue/?per_page=100").content.decode())) == 100
    for nonsense in ("?page=x", "?per_page=7", "?page=-1&per_page=1000000"):
        assert len(listed(client.get(f"/ops/queue/{nonsense}").content.decode())) in (50, 30)


def test_the_last_of_many_opens_beside_its_own_page_and_is_decided(crowded: Harbour) -> None:
    ids = ids_in_order()
    client = crowded.people.operator.client()
    page = client.get(f"/ops/queue/{ids[201]}/").content.decode()
    assert listed(page) == ids[200:]
    assert "202 of 230" in page
    assert f'href="/ops/queue/{ids[200]}/"' in page
    edge = client.get(f"/ops/queue/{ids[200]}/")
    assert (edge.context["previous"], edge.context["next"]) == (ids[199], ids[201])
    other = client.get(f"/ops/queue/{ids[201]}/?page=1")
    assert listed(other.content.decode()) == ids[:50]
    assert other.context["found"].pk == ids[201]
    assert client.post(f"/ops/queue/{ids[201]}/approve/").status_code == 302
    with scope(Viewer.system("tests")):
        assert CapacityRequest.objects.get(pk=ids[201]).state == "approved"


def test_views_count_and_list_what_no_page_shows_yet(crowded: Harbour) -> None:
    ids = ids_in_order()
    client = crowded.people.operator.client()
    offers = client.get("/ops/queue/?view=offers")
    assert listed(offers.content.decode()) == ids[-1:]
    counts = {label: count for label, _url, _on, count in offers.context["tabs"]}
    assert (counts["All"], counts["Offers made"], counts["In my review"]) == (MANY, 1, 0)
    assert client.post(f"/ops/queue/{ids[-2]}/claim/").status_code == 302
    mine = client.get("/ops/queue/?view=mine").content.decode()
    assert listed(mine) == [ids[-2]]


def test_after_a_decision_comes_the_next_of_the_list(crowded: Harbour) -> None:
    ids = ids_in_order()
    client = crowded.people.operator.client()

    def decide(place: int, act: str, **sent: str) -> str:
        return client.post(f"/ops/queue/{ids[place]}/{act}/", sent)["Location"]

    assert decide(3, "reject", reason="Not now") == f"/ops/queue/{ids[4]}/"
    assert decide(4, "approve") == f"/ops/queue/{ids[5]}/"
    assert decide(-1, "reject", reason="Not now") == f"/ops/queue/{ids[-2]}/", "it was the last"
    assert decide(0, "reject", reason="Not now") == f"/ops/queue/{ids[1]}/"


def test_the_next_one_is_of_the_same_view(crowded: Harbour) -> None:
    ids = ids_in_order()
    client = crowded.people.operator.client()
    for place in (1, 7):
        assert client.post(f"/ops/queue/{ids[place]}/claim/").status_code == 302
    page = client.get("/ops/queue/?view=mine").content.decode()
    assert f'action="/ops/queue/{ids[1]}/reject/?view=mine"' in page
    assert f'href="/ops/queue/{ids[7]}/?view=mine"' in page
    sent = {"reason": "Not now"}
    answer = client.post(f"/ops/queue/{ids[1]}/reject/?view=mine", sent)
    assert answer["Location"] == f"/ops/queue/{ids[7]}/?view=mine"
    answer = client.post(f"/ops/queue/{ids[7]}/reject/?view=mine", sent)
    assert answer["Location"] == "/ops/queue/?view=mine", "there is none left in it"
    assert client.get("/ops/queue/?view=<x>").content.decode().count("view=<x>") == 0


def test_a_long_queue_costs_as_many_queries_as_a_short_one(crowded: Harbour) -> None:
    client = crowded.people.operator.client()
    many = queries_of(client, "/ops/queue/")
    ids = ids_in_order()
    with scope(Viewer.system("tests")):
        CapacityRequest.objects.exclude(pk=ids[0]).update(state="withdrawn")
    assert len(many) == len(queries_of(client, "/ops/queue/"))


def test_whoever_decides_reads_how_the_nodes_of_the_pool_are(harbour: Harbour) -> None:
    harbour.fill(amount=6)
    request = harbour.submitted()
    page = harbour.people.operator.client().get(f"/ops/queue/{request.pk}/").content.decode()
    assert "Nodes of this pool" in page
    assert "Why not on the others" not in page, "there are no others where nothing is placed"
    assert "What is short" in page


def test_the_latest_decisions_are_shown_whatever_their_deadlines(harbour: Harbour) -> None:
    made = [harbour.submitted(ask_name=f"n{number}") for number in range(8)]
    with scope(harbour.people.operator.viewer) as viewer:
        for place, request in enumerate(made):
            when = harbour.now + timedelta(minutes=place)
            request_reject(request_id=request.pk, reason="Not now", viewer=viewer, now=when)
    with scope(Viewer.system("tests")):
        for place, request in enumerate(made):  # the latest have most time left
            until = harbour.now + timedelta(days=1 + place)
            CapacityRequest.objects.filter(pk=request.pk).update(deadline_at=until)
    page = harbour.people.operator.client().get("/ops/queue/")
    shown = [entry["request"].pk for entry in page.context["decided"]]
    assert shown == [request.pk for request in reversed(made)][: len(shown)]
    assert len(shown) == 5


def test_an_empty_view_says_what_waits_elsewhere(harbour: Harbour) -> None:
    client = harbour.people.operator.client()
    bare = client.get("/ops/queue/?view=mine").content.decode()
    assert "New requests appear here by themselves." in bare
    assert "next, previous" not in bare
    harbour.submitted()
    page = client.get("/ops/queue/?view=mine").content.decode()
    assert "Nothing waits" not in page
    assert "1 request waits for a decision in another view." in page
    assert page.count('href="/ops/queue/">Show all 1</a>') == 2, "in the list and beside it"
    assert "next, previous" not in page
    assert "next, previous" in client.get("/ops/queue/").content.decode()


def test_an_offer_that_waits_for_its_answer_is_shown(harbour: Harbour) -> None:
    request = harbour.in_state("countered")
    page = harbour.people.operator.client().get(f"/ops/queue/{request.pk}/")
    text = page.content.decode()
    assert f"{request.decided_by_label} offers less" in text
    assert "Asked and offered" in text
    assert "The answer of vision is awaited" in text
    assert page.context["offered_at"] is not None
    waiting = harbour.submitted(ask_name="other")
    text = harbour.people.operator.client().get(f"/ops/queue/{waiting.pk}/").content.decode()
    assert "offers less" not in text


def test_the_same_offer_again_is_not_the_foremost_act(harbour: Harbour) -> None:
    harbour.fill(amount=6)
    request = harbour.in_state("countered")
    client = harbour.people.operator.client()
    foremost = re.compile(r"<button[^>]*b-btn-primary[^>]*data-open=\"less\"")
    assert not foremost.search(client.get(f"/ops/queue/{request.pk}/").content.decode())
    waiting = harbour.submitted(ask_name="other")
    assert foremost.search(client.get(f"/ops/queue/{waiting.pk}/").content.decode())


def test_a_request_that_somebody_else_settled_is_told_of_where_it_stood(crowded: Harbour) -> None:
    """A part of the page fetches this address again: list and detail have to be in the answer."""
    operator, (one, other) = crowded.people.operator, ids_in_order()[:2]
    with scope(operator.viewer):
        request_reject(
            request_id=one, viewer=operator.viewer, now=crowded.now, reason="Full until May."
        )
    client = operator.client()
    page = client.get(f"/ops/queue/{one}/").content.decode()
    assert "It no longer waits for a decision." in page
    assert 'id="queue-list"' in page
    assert 'id="queue-detail"' in page
    assert listed(page)[0] == other
    late = client.post(f"/ops/queue/{one}/approve/", {"generation": "1"})
    words = late.content.decode()
    assert late.status_code == 409
    assert "It no longer waits for a decision." in words
    assert f"/ops/queue/{other}/approve/" not in words, "no other request takes its place"
    note, detail = words.index("b-note-box"), words.index('id="queue-detail"')
    assert note < detail, "what went wrong stands outside of what is fetched again"
    assert client.get(f"/ops/queue/{ids_in_order()[-1] + 1000}/").status_code == 404


def test_after_a_decision_no_offer_that_is_out_comes_next(crowded: Harbour) -> None:
    ids, client = ids_in_order(), crowded.people.operator.client()
    answer = client.post(f"/ops/queue/{ids[-2]}/reject/", {"reason": "Full."})
    assert answer["Location"] == f"/ops/queue/{ids[-3]}/"
    page = client.get(f"/ops/queue/{ids[-1]}/").content.decode()
    row = re.search(rf'<a[^>]*href="/ops/queue/{ids[-1]}/".*?</a>', page, re.DOTALL)
    assert row is not None
    assert "Offer made" in row[0]
