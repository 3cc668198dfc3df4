"""How each service that takes a viewer is called, and by whom it may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from inventory.models import DeviceMapping, DeviceType, Namespace, NamespaceClaim
from portal.models import JobRun
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation, Drift
from scheduling.services.allocations import AllocationAsk
from scheduling.services.quota import QuotaEdit
from tenants.models import ApiToken, CapacityRequest
from tenants.selectors.requests import request_terms
from tenants.selectors.viewers import Preference
from tenants.services.requests import RequestInput, request_draft_save
from tenants.services.tokens import token_create
from tests.people import People
from tests.scheduling.pages.seed import GIB, seed_make

# Parts of services, which have asked before they call them; and what only reads.
PARTS = {
    "change_record",
    "decision_values",
    "job_request",
    "request_check",
    "request_record",
    "tenant_record",
    "tenant_open",
    "test_request",
}


@dataclass(frozen=True, slots=True)
class Rows:
    """What the calls name."""

    people: People
    allocation: Allocation
    drift: Drift
    job: JobRun
    mapping: DeviceMapping
    draft: CapacityRequest
    submitted: CapacityRequest
    offered: CapacityRequest
    token: ApiToken


@dataclass(frozen=True, slots=True)
class Call:
    """How a service is called, and by whom it may be."""

    values: Callable[[Rows], dict[str, Any]]
    by: str = "operator"
    own: bool = False  # everybody may do it, to themselves


def ask() -> AllocationAsk:
    """An allocation that vision may ask for."""
    shape = {"cpu": 1000, "memory": GIB}
    spec = {"image": "registry.example/x:1"}
    return AllocationAsk("vision", "workload", "new", "h100", 1, shape, spec=spec)


def token_ask() -> dict[str, Any]:
    """A token for vision that only reads."""
    now = timezone.now()
    life = {"now": now, "expires_at": now + timedelta(days=1)}
    return {"name": "ci", "tenant_key": "vision", "scopes": ["read"]} | life


def on(request: str, **more: Any) -> Callable[[Rows], dict[str, Any]]:
    """A call on one of the requests."""
    return lambda rows: (
        {
            "request_id": getattr(rows, request).pk,
            "now": timezone.now(),
        }
        | more
    )


CALLS: dict[str, Call] = {
    "allocation_extend": Call(
        lambda rows: {"allocation": rows.allocation, "until_at": None, "now": timezone.now()}
    ),
    "allocation_plan": Call(lambda _: {"ask": ask(), "not_before": None, "deadline_at": None}),
    "allocation_release": Call(lambda rows: {"allocation": rows.allocation}),
    "allocation_replace": Call(lambda rows: {"allocation": rows.allocation, "why": "x"}),
    "cluster_credential_rotate": Call(lambda _: {"name": "ams-1", "kubeconfig": ""}),
    "cluster_open": Call(lambda _: {"name": "ams-1"}),
    "cluster_pause": Call(lambda _: {"name": "ams-1"}),
    "cluster_register": Call(lambda _: {"name": "new", "title": "New", "kubeconfig": ""}),
    "cluster_remove": Call(lambda _: {"name": "ams-1"}),
    "cluster_resume": Call(lambda _: {"name": "ams-1"}),
    "cluster_test": Call(lambda _: {"name": "ams-1"}),
    "cluster_update": Call(lambda _: {"name": "ams-1", "title": "Other"}),
    "demo_make": Call(lambda _: {"known": {}}),
    "fleet_divide": Call(lambda _: {}),
    "device_mapping_create": Call(
        lambda _: {"device_type": "a100-sxm-40gb", "resource_key": "example.com/gpu"}
    ),
    "device_mapping_delete": Call(lambda rows: {"mapping_id": rows.mapping.pk}),
    "device_type_create": Call(lambda _: {"name": "b200", "title": "B200"}),
    "drift_choose": Call(lambda rows: {"drift": rows.drift, "choice": "accept", "why": ""}),
    "job_cancel": Call(lambda rows: {"job": rows.job}, by="alice"),
    "job_retry": Call(lambda rows: {"job": rows.job}, by="alice"),
    "member_add": Call(
        lambda _: {"tenant_key": "vision", "user_name": "charlie", "role": "member"}, by="alice"
    ),
    "member_remove": Call(
        lambda rows: {"tenant_key": "vision", "user_id": rows.people.alice.user.pk}
    ),
    "member_role_change": Call(
        lambda rows: {
            "tenant_key": "vision",
            "user_id": rows.people.bob.user.pk,
            "role": "owner",
        },
        by="alice",
    ),
    "namespace_claim": Call(lambda _: {"cluster": "ams-1", "name": "free", "tenant_key": "vision"}),
    "namespace_unclaim": Call(lambda _: {"cluster": "ams-1", "name": "taken"}),
    "platform_role_grant": Call(
        lambda rows: {"user_id": rows.people.bob.user.pk, "role": "operator"}
    ),
    "platform_role_revoke": Call(lambda rows: {"user_id": rows.people.auditor.user.pk}),
    "pool_create": Call(lambda _: {"name": "new", "title": "New"}),
    "pool_delete": Call(lambda _: {"name": "cpu"}),
    "pool_reorder": Call(lambda _: {"names": ["cpu", "a100", "h100"]}),
    "pool_update": Call(lambda _: {"name": "cpu", "title": "Other"}),
    "preference_set": Call(lambda _: {"preference": Preference()}, own=True),
    "quota_set": Call(lambda _: {"edits": [QuotaEdit("vision", "h100", "cpu", 1)], "why": "x"}),
    "request_approve": Call(on("submitted")),
    "request_claim": Call(on("submitted")),
    "request_counter": Call(on("submitted", ask={"replicas": 1}, until_at=None, reason="less")),
    "request_counter_accept": Call(on("offered"), by="alice"),
    "request_counter_decline": Call(on("offered"), by="alice"),
    "request_draft_open": Call(lambda rows: {"request_id": rows.draft.pk}, by="alice"),
    "request_draft_save": Call(
        lambda _: {
            "tenant_key": "vision",
            "data": RequestInput(kind="quota", ask={}),
            "now": timezone.now(),
        },
        by="alice",
    ),
    "request_fulfil": Call(
        lambda rows: {
            "request": rows.submitted,
            "terms": request_terms(rows.submitted),
            "verb": "request.decide",
            "now": timezone.now(),
        }
    ),
    "request_open": Call(
        lambda rows: {"request_id": rows.submitted.pk, "verb": "approve", "generation": None}
    ),
    "request_reject": Call(on("submitted", reason="no")),
    "request_submit": Call(on("draft"), by="alice"),
    "request_withdraw": Call(on("draft"), by="alice"),
    "tenant_archive": Call(lambda _: {"key": "vision", "now": timezone.now()}),
    "tenant_create": Call(
        lambda _: {"key": "new", "title": "New", "kind": "project", "parent_key": "vision"}
    ),
    "tenant_move": Call(lambda _: {"key": "vision", "parent_key": "borealis"}),
    "tenant_restore": Call(lambda _: {"key": "vision"}),
    "tenant_update": Call(lambda _: {"key": "vision", "title": "Other"}, by="alice"),
    "token_create": Call(lambda _: token_ask(), by="alice"),
    "token_open": Call(lambda rows: {"token_id": rows.token.pk}, by="alice"),
    "token_revoke": Call(
        lambda rows: {"token_id": rows.token.pk, "now": timezone.now()}, by="alice"
    ),
    "token_replaceable": Call(lambda rows: {"token_id": rows.token.pk}, by="alice"),
    "token_rotate": Call(
        lambda rows: {"token_id": rows.token.pk, "now": timezone.now()}, by="alice"
    ),
    "token_switch": Call(lambda rows: {"token_id": rows.token.pk, "enabled": False}, by="alice"),
    "user_create": Call(
        lambda _: {"username": "new", "email": "new@example.com", "password": "quay-crane-9"}
    ),
    "user_switch": Call(lambda rows: {"user_id": rows.people.bob.user.pk, "active": False}),
}


@contextmanager
def rows_made(people: People) -> Iterator[Rows]:
    """Everything that is named, in a scope in which nothing is hidden by the database."""
    seed = seed_make()
    with scope(Viewer.system("tests")):
        device = DeviceType.objects.get(name="a100-sxm-40gb")
        mapping = DeviceMapping.objects.create(device_type=device, resource_key="nvidia.com/gpu")
        for name in ("free", "taken"):
            Namespace.objects.create(
                cluster=seed.cluster, uid=f"uid-{name}", name=name, seen_at=timezone.now()
            )
        NamespaceClaim.objects.create(
            cluster=seed.cluster,
            uid="uid-taken",
            name="taken",
            tenant_key="vision",
            kind="claimed",
        )
        token, _text = token_create(viewer=people.alice.viewer, **token_ask())
        made = {state: _request(people, state) for state in ("draft", "submitted", "countered")}
        yield Rows(
            people,
            seed.active,
            Drift.objects.get(),
            seed.job,
            mapping,
            made["draft"],
            made["submitted"],
            made["countered"],
            token,
        )


def _request(people: People, state: str) -> CapacityRequest:
    draft = request_draft_save(
        tenant_key="vision",
        data=RequestInput(kind="quota", ask={"pool": "h100", "guaranteed": {"cpu": 1}}),
        viewer=people.alice.viewer,
        now=timezone.now(),
    )
    deadline = timezone.now() + timedelta(days=1)
    sent: dict[str, Any] = {"submitted_at": timezone.now(), "deadline_at": deadline}
    if state == "countered":
        sent["counter"] = {}
    CapacityRequest.objects.filter(pk=draft.pk).update(state=state, **sent)
    draft.refresh_from_db()
    return draft
