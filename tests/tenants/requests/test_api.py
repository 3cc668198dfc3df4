"""REST of requests: the whole way by HTTP, versions, filters, previews."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from portal.scope import scope
from tenants.services.tokens import token_create
from tests.people import Someone
from tests.tenants.requests.harbour import GIB, H100, Harbour
from tests.tenants.rest import Rest

pytestmark = pytest.mark.django_db


def body(**changes: Any) -> dict[str, Any]:
    """What a program sends for two replicas of four H100 each; `ask_` changes go into the ask."""
    ask: dict[str, Any] = {
        "kind": "workload",
        "name": "train",
        "pool": "h100",
        "replicas": 2,
        "shape": {"cpu": 16_000, "memory": 128 * GIB, H100: 4},
        "spec": {"image": "registry.example/vision/train:1"},
    }
    ask |= {name[4:]: changes.pop(name) for name in list(changes) if name.startswith("ask_")}
    return {"tenant": "vision", "kind": "allocation", "ask": ask, "submit": True} | changes


def rest(someone: Someone) -> Rest:
    """A program that acts as somebody."""
    return Rest(someone.client())


def made(harbour: Harbour, **changes: Any) -> dict[str, Any]:
    """Alice's request, as the answer shows it."""
    answer = rest(harbour.people.alice).post("requests/", body(**changes))
    assert answer.status_code == 201, answer.content
    shown: dict[str, Any] = answer.json()
    return shown


def test_request_is_made_offered_less_accepted_and_planned(harbour: Harbour) -> None:
    alice, operator = rest(harbour.people.alice), rest(harbour.people.operator)
    request = made(harbour)
    assert (request["state"], request["verbs"]) == ("submitted", ["withdraw"])
    address = f"requests/{request['id']}/"
    offer = {"ask": {"replicas": 1}, "reason": "Half of it until Friday"}
    offered = operator.post(f"{address}counter/", offer)
    assert offered.status_code == 200, offered.content
    assert offered.json()["preview"]["verdict"] == "fits_needs_approval"
    assert offered.json()["request"]["counter"] == {"replicas": 1}
    accepted = alice.post(f"{address}accept/")
    assert accepted.status_code == 200, accepted.content
    shown = alice.get(address).json()
    assert (shown["state"], shown["stage"]) == ("approved", "fulfilling")
    assert shown["allocation"] is not None
    assert [event["verb"] for event in shown["events"]] == ["draft", "submit", "counter", "accept"]
    assert shown["preview_at_submit"]["placements"]


def test_approval_answers_with_what_it_meets_now(harbour: Harbour) -> None:
    request = made(harbour)
    harbour.fill(amount=8)
    answer = rest(harbour.people.operator).post(f"requests/{request['id']}/approve/")
    assert answer.status_code == 200, answer.content
    assert answer.json()["preview"]["verdict"] == "must_wait"
    assert answer.json()["preview"]["reserves_nothing"] is True
    assert answer.json()["request"]["state"] == "approved"


def test_stale_versions_are_refused_on_change_and_on_decision(harbour: Harbour) -> None:
    alice, operator = rest(harbour.people.alice), rest(harbour.people.operator)
    draft = alice.post("requests/", body(submit=False))
    address = f"requests/{draft.json()['id']}/"
    assert alice.patch(address, {"priority": "high"}, match=draft["ETag"]).status_code == 200
    assert alice.patch(address, {"priority": "low"}, match=draft["ETag"]).status_code == 412
    assert alice.post(f"{address}submit/", match=draft["ETag"]).status_code == 412
    submitted = alice.post(f"{address}submit/")
    assert operator.post(f"{address}approve/", match=draft["ETag"]).status_code == 412
    assert operator.post(f"{address}approve/", match=submitted["ETag"]).status_code == 200
    assert alice.get(address).json()["priority"] == "high"


def test_patch_needs_a_version_and_keeps_what_is_not_sent(harbour: Harbour) -> None:
    alice = rest(harbour.people.alice)
    draft = alice.post("requests/", body(submit=False, justification="Soon."))
    address = f"requests/{draft.json()['id']}/"
    changed = alice.patch(address, {"preemptible": True}, match=draft["ETag"])
    assert changed.json()["justification"] == "Soon."
    assert changed.json()["ask"] == draft.json()["ask"]
    unversioned = alice.client.patch(
        f"/api/v1/{address}",
        {"preemptible": False},
        content_type="application/json",
        headers={"Idempotency-Key": "k"},
    )
    assert unversioned.status_code == 428


def test_nobody_decides_the_own_request_by_page_or_token(harbour: Harbour) -> None:
    operator = rest(harbour.people.operator)
    answer = operator.post("requests/", body())
    assert answer.status_code == 201, answer.content
    for verb, sent in (("approve", {}), ("reject", {"reason": "x"}), ("claim", {})):
        refused = operator.post(f"requests/{answer.json()['id']}/{verb}/", sent)
        assert (refused.status_code, refused.json()["code"]) == (403, "own-request")
        assert "your own request" in refused.json()["detail"]


def test_a_token_is_the_person_who_made_it(harbour: Harbour) -> None:
    with scope(harbour.people.operator.viewer) as viewer:
        _token, text = token_create(
            name="robot",
            tenant_key=None,
            scopes=["request.create", "request.decide", "read"],
            expires_at=harbour.now + timedelta(days=1),
            viewer=viewer,
            now=harbour.now,
        )
    robot = Rest(Client(), token=str(text))
    own = robot.post("requests/", body()).json()
    for who in (robot, rest(harbour.people.operator)):
        refused = who.post(f"requests/{own['id']}/approve/")
        assert (refused.status_code, refused.json()["code"]) == (403, "own-request")
    others = made(harbour, ask_name="others")
    assert robot.post(f"requests/{others['id']}/approve/").status_code == 200
    assert others["requested_by"] == "alice"
    assert own["requested_by"] == "operator (robot)"


def test_dry_run_of_an_approval_leaves_nothing_behind(harbour: Harbour) -> None:
    request = made(harbour)
    operator = rest(harbour.people.operator)
    answer = operator.post(f"requests/{request['id']}/approve/?dryRun=true")
    assert (answer.status_code, answer["Berth-Dry-Run"]) == (200, "true")
    assert answer.json()["request"]["state"] == "approved"
    shown = operator.get(f"requests/{request['id']}/").json()
    assert (shown["state"], shown["allocation"]) == ("submitted", None)


def test_list_is_filtered_ordered_and_paged(harbour: Harbour) -> None:
    first, second = made(harbour), made(harbour, ask_name="second", priority="high")
    draft = made(harbour, ask_name="third", submit=False)
    operator = rest(harbour.people.operator)

    def ids(**query: Any) -> list[int]:
        answer = operator.get("requests/", **query)
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert ids() == [draft["id"], second["id"], first["id"]]
    assert ids(ordering="id") == [first["id"], second["id"], draft["id"]]
    assert ids(ordering="due_at")[-1] == draft["id"]
    assert ids(state="draft") == [draft["id"]]
    assert ids(state=["draft", "submitted"], ordering="id", limit=2) == [first["id"], second["id"]]
    assert ids(open="true", tenant="vision", pool="h100") == [second["id"], first["id"]]
    assert ids(pool="other") == ids(tenant="speech") == ids(kind="quota") == []
    assert ids(search="second") == ids(search=f"#{second['id']}") == [second["id"]]
    for bad in ({"ordering": "priority"}, {"state": "open"}, {"pol": "h100"}, {"cursor": "x"}):
        assert operator.get("requests/", **bad).status_code == 400


def test_every_page_of_a_long_list_is_reached_once(harbour: Harbour) -> None:
    made_ids = {made(harbour, ask_name=f"n{i}", submit=i % 2 == 0)["id"] for i in range(7)}
    operator = rest(harbour.people.operator)
    for ordering in ("-id", "id", "due_at"):
        seen: list[int] = []
        answer = operator.get("requests/", ordering=ordering, limit=2).json()
        seen += [row["id"] for row in answer["results"]]
        while answer["next"]:
            answer = operator.client.get(answer["next"]).json()
            seen += [row["id"] for row in answer["results"]]
        assert len(seen) == len(set(seen)) == 7
        assert set(seen) == made_ids


def test_foreign_requests_do_not_exist(harbour: Harbour) -> None:
    request = made(harbour)
    charlie = rest(harbour.people.charlie)
    assert charlie.get("requests/").json()["results"] == []
    assert charlie.get(f"requests/{request['id']}/").status_code == 404
    assert charlie.post(f"requests/{request['id']}/withdraw/").status_code == 404
    assert charlie.patch(f"requests/{request['id']}/", {"priority": "low"}).status_code == 404
    assert charlie.get("requests/999999999999999999/").status_code == 404


def test_preview_says_where_it_fits_and_what_it_takes(harbour: Harbour) -> None:
    asked = body()
    answer = harbour.people.alice.client().post(
        "/api/v1/placements:simulate/",
        {"tenant": "vision", "ask": asked["ask"]},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["verdict"], shown["rule"]) == ("fits_needs_approval", "")
    assert shown["age_seconds"] >= 12
    assert {"resource": H100, "before": 0, "after": 8, "limit": 12} in shown["effects"]
    assert sum(placement["replicas"] for placement in shown["placements"]) == 2
    assert shown["rule_lines"][0] == {
        "code": "limits",
        "ok": False,
        "resource": "",
        "limit": None,
        "asked": None,
    }


def test_a_simulation_says_that_no_node_is_that_large(harbour: Harbour) -> None:
    ask = body(ask_shape={"cpu": 1000, "memory": GIB, H100: 9})["ask"]
    answer = rest(harbour.people.alice).post(
        "placements:simulate/", {"tenant": "vision", "ask": ask}
    )
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert shown["verdict"] == "cannot_fit"
    refusal = shown["refusal"]
    assert (refusal["rule"], refusal["dimension"]) == ("room.node", H100)
    assert (refusal["limit"], refusal["now"], refusal["asked"]) == (8, 0, 9)
    assert refusal["title"] == "Size of the pool's largest node"
    assert "It never fits." in refusal["next_step"]


@pytest.mark.parametrize(("name", "status"), [("auditor", 200), ("bob", 200), ("charlie", 404)])
def test_preview_is_for_whoever_may_see_requests(harbour: Harbour, name: str, status: int) -> None:
    someone: Someone = getattr(harbour.people, name)
    answer = someone.client().post(
        "/api/v1/placements:simulate/",
        {"tenant": "vision", "ask": body()["ask"]},
        content_type="application/json",
    )
    assert answer.status_code == status


def test_parents_numbers_stay_hidden_from_a_member(harbour: Harbour) -> None:
    answer = rest(harbour.people.alice).post(
        "requests/", body(ask_replicas=5, ask_shape={"cpu": 1000, "memory": GIB, H100: 4})
    )
    checks = answer.json()["preview_at_submit"]["checks"]
    parents = [check for check in checks if check["rule"] == "quota.parent"]
    assert parents
    assert all(c["limit"] is None and c["now"] is None and c["scope"] == "" for c in parents)
    assert b"aurora" not in answer.content
