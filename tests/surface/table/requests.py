"""Addresses of requests: the tenant's side, the operators' queue, the simulation."""

from __future__ import annotations

from typing import Any

from tests.surface.kit import (
    ANY_TEAM,
    ASKERS_WRITE,
    MEMBERS_WRITE,
    OPERATORS_DECIDE,
    PLATFORM_READS,
    PLATFORM_WRITES,
    TEAM_READS,
    Row,
)

TENANT = {"tenant_key": "tenant"}
ASK: dict[str, Any] = {
    "kind": "workload",
    "name": "surface",
    "pool": "{pool}",
    "replicas": 1,
    "shape": {"cpu": 2000, "memory": 4 * 1024**3},
    "runs_as": "service",
    "spec": {"image": "registry.example.com/x:1"},
}
NEW = {"tenant": "{tenant}", "kind": "allocation", "ask": ASK, "justification": "Because."}
RENEWAL = {
    "tenant": "{tenant}",
    "kind": "renew",
    "ask": {"allocation": "{allocation}"},
    "until_at": "2099-01-01T00:00:00Z",
}
FORM = {
    "request_kind": "allocation",
    "kind": "workload",
    "name": "surface",
    "pool": "{pool}",
    "replicas": "1",
    "runs_as": "service",
    "device": "",
    "cores": "2",
    "memory": "4",
    "start": "now",
    "lasts": "days",
    "keep_days": "7",
    "priority": "normal",
    "image": "registry.example.com/x:1",
    "act": "save",
    "request_id": "{draft_request}",
}
LESS = {"ask": {"replicas": 1}, "reason": "Less"}


def _one(name: str = "waiting_request") -> dict[str, str]:
    return TENANT | {"request_id": name}


ROWS = [
    Row("request_list", TENANT, get=TEAM_READS, query={"search": "{request}"}),
    Row("request_panel", TENANT, get=TEAM_READS),
    Row(
        "request_new",
        TENANT,
        get=MEMBERS_WRITE,
        post=MEMBERS_WRITE,
        send=FORM,
        query={"clone": "{rejected_request}", "pool": "{pool}"},
        done=(200, 302, 422),
    ),
    Row("request_preview", TENANT, post=MEMBERS_WRITE, send=FORM, done=(200, 422)),
    Row("request_draft", TENANT, post=MEMBERS_WRITE, send=FORM),
    Row("request_devices", TENANT, get=MEMBERS_WRITE, query={"pool": "{pool}"}),
    Row("request_page", _one("request"), get=TEAM_READS),
    Row(
        "request_edit",
        _one("draft_request"),
        get=MEMBERS_WRITE,
        post=MEMBERS_WRITE,
        send=FORM,
        done=(200, 302, 422),
    ),
    Row("request_now", _one(), get=TEAM_READS),
    Row("request_accept", _one("countered_request"), post=ASKERS_WRITE),
    Row("request_decline", _one("countered_request"), post=MEMBERS_WRITE),
    Row("request_withdraw", _one(), post=MEMBERS_WRITE, send={"reason": "x"}),
    Row("request_queue", get=PLATFORM_READS, query={"view": "mine"}),
    Row("queue_panel", get=PLATFORM_READS),
    Row("queue_one", {"request_id": "waiting_request"}, get=PLATFORM_READS),
    Row("queue_claim", {"request_id": "waiting_request"}, post=PLATFORM_WRITES),
    Row("queue_approve", {"request_id": "waiting_request"}, post=PLATFORM_WRITES),
    Row(
        "queue_counter",
        {"request_id": "waiting_request"},
        post=PLATFORM_WRITES,
        done=(200, 302, 400, 422),
    ),
    Row(
        "queue_reject",
        {"request_id": "waiting_request"},
        post=PLATFORM_WRITES,
        send={"reason": "No"},
    ),
    # REST
    Row(
        "api-request-list",
        get=ANY_TEAM,
        post=MEMBERS_WRITE,
        send=NEW,
        query={"tenant": "{tenant}", "pool": "{pool}"},
    ),
    Row(
        "api-request-detail",
        {"pk": "draft_request"},
        get=TEAM_READS,
        patch=MEMBERS_WRITE,
        send={"justification": "Better"},
    ),
    Row("api-request-submit", {"pk": "draft_request"}, post=MEMBERS_WRITE),
    Row("api-request-withdraw", {"pk": "waiting_request"}, post=MEMBERS_WRITE),
    Row("api-request-accept", {"pk": "countered_request"}, post=ASKERS_WRITE),
    Row("api-request-decline", {"pk": "countered_request"}, post=MEMBERS_WRITE),
    Row("api-request-claim", {"pk": "waiting_request"}, post=OPERATORS_DECIDE),
    Row("api-request-approve", {"pk": "waiting_request"}, post=OPERATORS_DECIDE),
    Row("api-request-counter", {"pk": "claimed_request"}, post=OPERATORS_DECIDE, send=LESS),
    Row(
        "api-request-reject",
        {"pk": "waiting_request"},
        post=OPERATORS_DECIDE,
        send={"reason": "No"},
    ),
    Row("api-simulate", post=TEAM_READS, send={"tenant": "{tenant}", "ask": ASK}),
]
