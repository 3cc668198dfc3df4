"""A parent's numbers are for those who may read the parent, wherever a refusal is told again.

Alice and Bob belong to vision and can't see aurora above it; operators see everything.
"""

from __future__ import annotations

from typing import Any

import pytest

from portal.refusal import Refusal, refusal_shown
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.engine import Policy, decide
from scheduling.engine.explain import explain
from scheduling.models import Decision
from scheduling.selectors.preview import ask_build
from scheduling.selectors.snapshot import snapshot_build
from scheduling.services.quota import QuotaEdit, quota_set
from tenants.models import CapacityRequest
from tenants.services.requests import request_counter
from tests.people import Someone
from tests.tenants.requests.harbour import GIB, H100, Harbour
from tests.tenants.rest import Rest

pytestmark = pytest.mark.django_db
HIDDEN = (None, None, None)


def rest(someone: Someone) -> Rest:
    """REST as a person."""
    return Rest(someone.client())


def numbers(said: dict[str, Any]) -> tuple[Any, ...]:
    """Limit, now and short by of a refusal or a check."""
    return said["limit"], said["now"], said["short_by"]


def more_quota(harbour: Harbour, by: Someone, amount: int) -> CapacityRequest:
    """A submitted request of vision for this many H100."""
    ask = {"pool": "h100", "guaranteed": {H100: amount}}
    return harbour.submitted(by, kind="quota", ask=ask)


def offered_and_spoilt(harbour: Harbour) -> CapacityRequest:
    """An offer of 13 H100, after which aurora was left with no more than vision has."""
    request = more_quota(harbour, harbour.people.alice, 16)
    with scope(harbour.people.operator.viewer) as viewer:
        request_counter(
            request_id=request.pk,
            ask={"guaranteed": {H100: 13}},
            until_at=None,
            reason="less",
            viewer=viewer,
            now=harbour.now,
        )
        quota_set(edits=[QuotaEdit("aurora", "h100", H100, 12)], why="cut", viewer=viewer)
    return request


def test_what_an_operator_saw_on_submitting_is_not_told_to_the_tenant(harbour: Harbour) -> None:
    request = more_quota(harbour, harbour.people.operator, 20)
    kept = harbour.fresh(request).preview_at_submit
    assert kept is not None
    assert numbers(kept["refusal"]) == (16, 0, 4)
    for who, expected in (
        (harbour.people.operator, (16, 0, 4)),
        (harbour.people.alice, HIDDEN),
        (harbour.people.bob, HIDDEN),
    ):
        answer = rest(who).get(f"requests/{request.pk}/")
        shown = answer.json()["preview_at_submit"]
        assert numbers(shown["refusal"]) == expected
        (failed,) = [check for check in shown["checks"] if not check["ok"]]
        assert numbers(failed) == expected
        assert (b"aurora" in answer.content) is (expected != HIDDEN)


def test_who_accepts_an_offer_is_not_told_the_parents_numbers(harbour: Harbour) -> None:
    request = offered_and_spoilt(harbour)
    refused = rest(harbour.people.alice).post(f"requests/{request.pk}/accept/")
    assert refused.status_code == 422
    assert numbers(refused.json()["refusal"]) == HIDDEN
    assert refused.json()["refusal"]["asked"] == 13
    assert b"aurora" not in refused.content
    assert b"/ops/" not in refused.content


def test_the_page_of_an_offer_hides_them_too(harbour: Harbour) -> None:
    request = offered_and_spoilt(harbour)
    address = f"/t/vision/requests/{request.pk}/"
    page = harbour.people.alice.client().post(f"{address}accept/", {"generation": ""})
    assert page.status_code == 422
    assert "aurora" not in page.content.decode()
    assert "Guaranteed quota of the children" in page.content.decode()


def test_operators_read_them_in_the_same_refusal(harbour: Harbour) -> None:
    request = more_quota(harbour, harbour.people.alice, 20)
    refused = rest(harbour.people.operator).post(f"requests/{request.pk}/approve/")
    assert refused.status_code == 422
    assert refused.json()["refusal"]["scope"] == "aurora"
    assert numbers(refused.json()["refusal"]) == (16, 20, 4)


def test_who_submits_is_told_that_it_lies_above_and_no_more(harbour: Harbour) -> None:
    ask = {"pool": "h100", "guaranteed": {H100: 17}}
    form = {"tenant": "vision", "kind": "quota", "ask": ask, "justification": "x", "submit": True}
    told = rest(harbour.people.alice).post("requests/", form)
    assert numbers(told.json()["preview_at_submit"]["refusal"]) == HIDDEN
    assert told.json()["preview_at_submit"]["refusal"]["scope"] == "above your tenant"


def test_decisions_keep_a_parents_numbers_from_the_tenant(harbour: Harbour) -> None:
    request = harbour.in_state("approved")
    allocation = request.allocation
    assert allocation is not None
    shape = {"cpu": 1000, "memory": GIB, H100: 1}
    with scope(Viewer.system("tests")):
        snapshot = snapshot_build(pool=harbour.pool, tenant_key="vision")
        ask = ask_build("vision", 2, shape, cluster=None, is_open=False)
        decision = decide(snapshot, ask, Policy())
        Decision.objects.create(
            allocation=allocation, verdict=str(decision.verdict), explain=explain(decision)
        )
    found = {}
    for who in ("operator", "alice"):
        path = f"allocations/{allocation.pk}/decisions/"
        answer = rest(getattr(harbour.people, who)).get(path)
        checks = answer.json()["results"][0]["explain"]["checks"]
        found[who] = [check for check in checks if check["rule"] == "quota.parent"]
        assert (b"aurora" in answer.content) is (who == "operator")
    assert {numbers(check) for check in found["alice"]} == {HIDDEN}
    assert {check["scope"] for check in found["operator"]} == {"aurora"}
    assert HIDDEN not in {numbers(check) for check in found["operator"]}


def test_what_all_roots_are_promised_is_the_operators_alone(harbour: Harbour) -> None:
    refusal = Refusal(
        rule="quota.over-promise", scope="h100", limit=16, now=20, asked=8, short_by=4
    )
    for who in ("operator", "auditor"):
        viewer = getattr(harbour.people, who).viewer
        assert refusal_shown(refusal, viewer=viewer) == refusal
    told = refusal_shown(refusal, viewer=harbour.people.alice.viewer).as_dict()
    assert numbers(told) == HIDDEN
    assert told["asked"] == 8


def test_numbers_that_may_not_be_seen_are_one_sentence_and_no_table(harbour: Harbour) -> None:
    request = more_quota(harbour, harbour.people.alice, 20)
    page = f"/t/vision/requests/{request.pk}/now/"
    theirs = harbour.people.alice.client().get(page).content.decode()
    assert "not shown" not in theirs
    assert theirs.count("whose numbers you may not see") == 1
    full = harbour.people.operator.client().get(page).content.decode()
    assert "Short by" in full
    assert "whose numbers" not in full
