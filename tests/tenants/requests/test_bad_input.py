"""Whatever is sent: a 4xx that says what to do, never a 500, and nothing half-written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation
from tenants.models import CapacityRequest
from tests.tenants.requests.harbour import GIB, H100, Harbour
from tests.tenants.requests.test_api import body, rest

pytestmark = pytest.mark.django_db

SHAPE = {"cpu": 1000, "memory": GIB, H100: 1}
BAD_ASKS: dict[str, tuple[dict[str, Any], str]] = {
    "ten to the eighteenth cores": ({"ask_shape": SHAPE | {"cpu": 10**21}}, "ask.shape"),
    "overflowing total": (
        {"ask_shape": SHAPE | {"memory": 2**53 - 1}, "ask_replicas": 1000},
        "ask.replicas",
    ),
    "negative amount": ({"ask_shape": SHAPE | {"cpu": -1}}, "ask.shape"),
    "zero processor": ({"ask_shape": SHAPE | {"cpu": 0}}, "ask.shape.cpu"),
    "no memory": ({"ask_shape": {"cpu": 1000}}, "ask.shape.memory"),
    "amount as text": ({"ask_shape": SHAPE | {"cpu": "1000"}}, "ask.shape"),
    "amount with a point": ({"ask_shape": SHAPE | {"cpu": 1.5}}, "ask.shape"),
    "amount true": ({"ask_shape": SHAPE | {H100: True}}, "ask.shape"),
    "amount null": ({"ask_shape": SHAPE | {H100: None}}, "ask.shape"),
    "shape a list": ({"ask_shape": [1]}, "ask.shape"),
    "unknown resource": ({"ask_shape": SHAPE | {"tpu": 1}}, "ask.shape.tpu"),
    "resource without a name": ({"ask_shape": SHAPE | {"": 1}}, "ask.shape"),
    "zero replicas": ({"ask_replicas": 0}, "ask.replicas"),
    "negative replicas": ({"ask_replicas": -3}, "ask.replicas"),
    "too many replicas": ({"ask_replicas": 1001}, "ask.replicas"),
    "replicas as text": ({"ask_replicas": "2"}, "ask.replicas"),
    "replicas beyond bigint": ({"ask_replicas": 10**30}, "ask.replicas"),
    "unknown pool": ({"ask_pool": "b200"}, "ask.pool"),
    "pool a number": ({"ask_pool": 7}, "ask.pool"),
    "unknown cluster": ({"ask_cluster": "fra-2"}, "ask.cluster"),
    "unknown kind": ({"ask_kind": "bare-metal"}, "ask.kind"),
    "unknown way to run": ({"ask_runs_as": "cron"}, "ask.runs_as"),
    "name in capitals": ({"ask_name": "Train"}, "ask.name"),
    "name with a dot": ({"ask_name": "a.b"}, "ask.name"),
    "name too long": ({"ask_name": "a" * 41}, "ask.name"),
    "name ending in a hyphen": ({"ask_name": "a-"}, "ask.name"),
    "name beginning with a digit": ({"ask_name": "1a"}, "ask.name"),
    "name with a line end": ({"ask_name": "train\n"}, "ask.name"),
    "name missing": ({"ask_name": ""}, "ask.name"),
    "image missing": ({"ask_spec": {}}, "ask.spec.image"),
    "image with spaces": ({"ask_spec": {"image": "a b"}}, "ask.spec.image"),
    "image with a line end": ({"ask_spec": {"image": "a\n"}}, "ask.spec"),
    "image a number": ({"ask_spec": {"image": 5}}, "ask.spec"),
    "port out of range": ({"ask_spec": {"image": "a", "ports": [70000]}}, "ask.spec.ports"),
    "port true": ({"ask_spec": {"image": "a", "ports": [True]}}, "ask.spec.ports"),
    "ports nested": ({"ask_spec": {"image": "a", "ports": [[80]]}}, "ask.spec.ports"),
    "command a text": ({"ask_spec": {"image": "a", "command": "sh"}}, "ask.spec.command"),
    "variable with a bad name": ({"ask_spec": {"image": "a", "env": {"A-B": "1"}}}, "ask.spec.env"),
    "variable with a line end": ({"ask_spec": {"image": "a", "env": {"A\n": "1"}}}, "ask.spec"),
    "variable a number": ({"ask_spec": {"image": "a", "env": {"A": 1}}}, "ask.spec.env"),
    "host network": ({"ask_spec": {"image": "a", "hostNetwork": True}}, "ask.spec.hostNetwork"),
    "spec a list": ({"ask_spec": []}, "ask.spec"),
    "consent to something else": ({"ask_consent": {"delete": True}}, "ask.consent"),
    "consent as text": ({"ask_consent": {"evict": "yes"}}, "ask.consent"),
    "open capacity with an image": ({"ask_kind": "open"}, "ask.spec"),
    "foreign tenant inside the ask": ({"ask_tenant_key": "speech"}, "ask.tenant_key"),
    "ask a list": ({"ask": []}, "ask"),
    "ask null": ({"ask": None}, "ask"),
    "ask empty": ({"ask": {}}, "ask.pool"),
    "ask too large": ({"ask_spec": {"image": "a", "args": ["x" * 4096] * 64}}, "ask"),
    "unknown priority": ({"priority": "urgent"}, "priority"),
    "priority a list": ({"priority": []}, "priority"),
    "preemptible as text": ({"preemptible": "no"}, "preemptible"),
    "submit as a number": ({"submit": 1}, "submit"),
    "justification too long": ({"justification": "x" * 2001}, "justification"),
    "justification a number": ({"justification": 3}, "justification"),
    "start in the past": ({"start_at": "2020-01-01T00:00:00Z"}, "start_at"),
    "start is no time": ({"start_at": "tomorrow"}, "start_at"),
    "start a number": ({"start_at": 1}, "start_at"),
    "start at the end of time": ({"start_at": "9999-12-31T23:59:59-14:00"}, "start_at"),
    "start before time": ({"start_at": "0001-01-01T00:00:00+14:00"}, "start_at"),
    "start in six years": ({"start_at": "2033-01-01T00:00:00Z"}, "start_at"),
    "end in the past": ({"until_at": "2020-01-01T00:00:00Z"}, "until_at"),
    "end before start": (
        {"start_at": "2027-03-02T00:00:00Z", "until_at": "2027-03-01T00:00:00Z"},
        "until_at",
    ),
    "deadline in the past": ({"deadline_at": "2020-01-01T00:00:00Z"}, "deadline_at"),
    "unknown kind of request": ({"kind": "resize"}, "kind"),
    "misspelt field": ({"until": "2027-03-01T00:00:00Z"}, "until"),
    "quota with the ask of an allocation": ({"kind": "quota"}, "ask.replicas"),
    "quota of nothing": ({"kind": "quota", "ask": {"pool": "h100"}}, "ask.guaranteed"),
    "quota of an unknown resource": (
        {"kind": "quota", "ask": {"pool": "h100", "guaranteed": {"tpu": 1}}, "justification": "x"},
        "ask.guaranteed.tpu",
    ),
    "quota beyond counting": (
        {"kind": "quota", "ask": {"pool": "h100", "guaranteed": {"cpu": 2**63}}},
        "ask.guaranteed",
    ),
    "quota without a reason": (
        {"kind": "quota", "ask": {"pool": "h100", "guaranteed": {"cpu": 1}}},
        "justification",
    ),
    "renewal of nothing": ({"kind": "renew", "ask": {}}, "ask.allocation"),
    "renewal of an unknown allocation": (
        {"kind": "renew", "ask": {"allocation": 999}},
        "ask.allocation",
    ),
    "renewal beyond bigint": (
        {"kind": "renew", "ask": {"allocation": 10**30}},
        "ask.allocation",
    ),
}


def _count() -> tuple[int, int]:
    with scope(Viewer.system("tests")):
        return CapacityRequest.objects.count(), Allocation.objects.count()


def test_each_bad_ask_names_its_field_and_writes_nothing(harbour: Harbour) -> None:
    alice = rest(harbour.people.alice)
    wrong: dict[str, Any] = {}
    for name, (changes, field) in BAD_ASKS.items():
        answer = alice.post("requests/", body(**changes))
        told = answer.json() if answer.status_code < 500 else {}
        fields = told.get("errors", {})
        good = answer.status_code == 400 and any(n.startswith(field) for n in fields)
        if not good or not all(text for texts in fields.values() for text in texts):
            wrong[name] = (answer.status_code, told)
    assert wrong == {}
    assert _count() == (0, 0)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"7", 400),
        (b"{", 400),
        (b'{"tenant": "vision", "tenant": "speech"}', 400),
        (b'{"tenant": "vision", "kind": "allocation", "ask": {"replicas": NaN}}', 400),
        (b'{"tenant": "vision", "kind": "allocation", "justification": "a\\u0000b"}', 400),
        (b'{"tenant": "vision", "kind": "allocation", "justification": "\\ud800"}', 400),
        (b'{"tenant": "vision", "kind": "allocation", "ask": ' + b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b'{"tenant": "speech", "kind": "allocation", "ask": {}}', 404),
        (b'{"tenant": "nobody", "kind": "allocation", "ask": {}}', 404),
        (b'{"tenant": "aurora", "kind": "allocation", "ask": {}}', 404),
        (b'{"tenant": ["vision"], "kind": "allocation", "ask": {}}', 400),
        (b'{"kind": "allocation", "ask": {}}', 400),
        (b" " * (10 * 1024 * 1024), 413),
    ],
    ids=lambda value: value[:40].decode("latin1") if isinstance(value, bytes) else str(value),
)
def test_each_bad_body_is_refused_in_words(harbour: Harbour, sent: bytes, status: int) -> None:
    for path in ("requests/", "placements:simulate/"):
        answer = rest(harbour.people.alice).post(path, sent)
        assert answer.status_code == status, (path, answer.content[:300])
        assert answer["Content-Type"] == "application/problem+json"
        assert json.loads(answer.content)["detail"]
    assert _count() == (0, 0)


def test_a_viewer_may_not_ask_and_a_stranger_sees_nothing(harbour: Harbour) -> None:
    assert rest(harbour.people.bob).post("requests/", body()).status_code == 403
    assert rest(harbour.people.auditor).post("requests/", body()).status_code == 403
    assert rest(harbour.people.charlie).post("requests/", body()).status_code == 404


def test_another_tenants_allocation_cannot_be_renewed(harbour: Harbour) -> None:
    with scope(Viewer.system("tests")):
        foreign = Allocation.objects.create(
            tenant_key="speech",
            kind="workload",
            name="theirs",
            pool=harbour.pool,
            shape=SHAPE,
            charged=SHAPE,
            state="active",
            created_by="charlie",
        )
    ask = {"allocation": foreign.pk}
    answer = rest(harbour.people.alice).post("requests/", body(kind="renew", ask=ask))
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"ask.allocation": ["This tenant has no such allocation."]}


BAD_OFFERS: dict[str, dict[str, Any]] = {
    "more replicas": {"ask": {"replicas": 3}},
    "no replicas": {"ask": {"replicas": 0}},
    "the same": {"ask": {"replicas": 2}},
    "nothing": {},
    "more of one resource": {"ask": {"shape": {"cpu": 16_000, "memory": 128 * GIB, H100: 5}}},
    "another resource": {
        "ask": {"shape": {"cpu": 16_000, "memory": 128 * GIB, H100: 4, "a100": 1}}
    },
    "a shape with gaps": {"ask": {"shape": {"cpu": 1000}}},
    "another pool": {"ask": {"pool": "h100"}},
    "another name": {"ask": {"name": "less"}},
    "a text": {"ask": "less"},
    "an end in the past": {"ask": {"replicas": 1}, "until_at": "2020-01-01T00:00:00Z"},
    "no reason": {"ask": {"replicas": 1}, "reason": ""},
    "a blank reason": {"ask": {"replicas": 1}, "reason": "  "},
    "a long reason": {"ask": {"replicas": 1}, "reason": "x" * 2001},
    "an unknown field": {"ask": {"replicas": 1}, "pool": "h100"},
}


def test_each_bad_offer_is_refused_and_changes_nothing(harbour: Harbour) -> None:
    request = harbour.submitted()
    operator = rest(harbour.people.operator)
    statuses = {
        name: operator.post(
            f"requests/{request.pk}/counter/", {"reason": "Less", **offer}
        ).status_code
        for name, offer in BAD_OFFERS.items()
    }
    assert statuses == dict.fromkeys(BAD_OFFERS, 400)
    assert harbour.fresh(request).generation == request.generation


def test_wrong_state_is_told_before_what_is_wrong_with_the_body(harbour: Harbour) -> None:
    request = harbour.in_state("approved")
    operator = rest(harbour.people.operator)
    answer = operator.post(f"requests/{request.pk}/reject/", {"nonsense": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "request-state")
    assert "approved by operator" in answer.json()["detail"]


def test_a_rejection_needs_a_reason(harbour: Harbour) -> None:
    request = harbour.submitted()
    operator = rest(harbour.people.operator)
    for sent in ({}, {"reason": ""}, {"reason": "   "}, {"reason": 5}, {"reason": "x" * 2001}):
        answer = operator.post(f"requests/{request.pk}/reject/", sent)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reason"])
    assert harbour.fresh(request).state == "submitted"
