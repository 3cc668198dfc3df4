"""A busy morning: requests of two teams in every state that a page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation, NodeCommitment
from scheduling.services.quota import QuotaEdit, quota_set
from tenants.models import CapacityRequest
from tenants.services.requests import (
    request_approve,
    request_claim,
    request_counter,
    request_draft_save,
    request_reject,
    request_submit,
)
from tests.people import Someone
from tests.tenants.requests.harbour import GIB, H100, Harbour, allocation_input


@dataclass(frozen=True, slots=True)
class Scenery:
    """Requests by what they show."""

    draft: CapacityRequest
    waiting: CapacityRequest
    rival: CapacityRequest
    offered: CapacityRequest
    approved: CapacityRequest
    rejected: CapacityRequest
    quota: CapacityRequest
    renewal: CapacityRequest
    own: CapacityRequest


def scenery_make(harbour: Harbour) -> Scenery:
    """Everything; some of the first node is taken by others."""
    NodeCommitment.objects.filter(resource=H100, node_name="ams1-h100-1").update(foreign=3)
    _quota_for_speech()
    people = harbour.people
    approved = _made(harbour, people.alice, ask_name="detect", ask_replicas=1)
    renewal = _renewal(harbour, approved)
    offered = _made(harbour, people.alice, ask_name="sweep", ask_replicas=3)
    rejected = _made(harbour, people.alice, ask_name="mining", ask_replicas=1)
    claimed = _made(
        harbour,
        people.charlie,
        "speech",
        ask_name="asr-finetune-v3",
        ask_runs_as="completion",
        ask_consent={"rerun": True},
        priority="high",
        until_at=harbour.now + timedelta(days=14),
        justification="Fine-tune on the Nordic set before the model freeze.",
    )
    _decide(harbour, offered, rejected, claimed)
    return Scenery(
        draft=harbour.draft(ask_name="next-idea"),
        waiting=_made(harbour, people.alice, ask_name="train"),
        rival=claimed,
        offered=offered,
        approved=approved,
        rejected=rejected,
        quota=_quota_request(harbour),
        renewal=renewal,
        own=_made(harbour, people.operator, ask_name="smoke-test", ask_replicas=1),
    )


def _made(harbour: Harbour, by: Someone, tenant: str = "vision", **changes: Any) -> CapacityRequest:
    with scope(by.viewer) as viewer:
        draft = request_draft_save(
            tenant_key=tenant, data=allocation_input(**changes), viewer=viewer, now=harbour.now
        )
        return request_submit(request_id=draft.pk, viewer=viewer, now=harbour.now)


def _renewal(harbour: Harbour, first: CapacityRequest) -> CapacityRequest:
    with scope(harbour.people.operator.viewer) as viewer:
        request_approve(request_id=first.pk, viewer=viewer, now=harbour.now)
    with scope(Viewer.system("tests")):
        allocation = Allocation.objects.get()
        Allocation.objects.update(state="active", active_at=harbour.now)
    return _made(
        harbour,
        harbour.people.alice,
        kind="renew",
        ask={"allocation": allocation.pk},
        until_at=harbour.now + timedelta(days=30),
    )


def _decide(
    harbour: Harbour, offered: CapacityRequest, rejected: CapacityRequest, claimed: CapacityRequest
) -> None:
    with scope(harbour.people.operator.viewer) as viewer:
        request_counter(
            request_id=offered.pk,
            ask={"replicas": 1},
            until_at=None,
            reason="One replica until Friday; two more once the benchmark of speech is through.",
            viewer=viewer,
            now=harbour.now,
        )
        request_reject(
            request_id=rejected.pk,
            reason="Not what the cluster is for.",
            viewer=viewer,
            now=harbour.now,
        )
        request_claim(request_id=claimed.pk, viewer=viewer, now=harbour.now)


def _quota_request(harbour: Harbour) -> CapacityRequest:
    ask = {"pool": "h100", "guaranteed": {H100: 16, "cpu": 120_000}}
    return _made(
        harbour, harbour.people.alice, kind="quota", ask=ask, justification="The team doubles."
    )


def _quota_for_speech() -> None:
    with scope(Viewer.system("tests")) as viewer:
        quota_set(
            edits=[
                QuotaEdit(tenant, "h100", resource, amount)
                for tenant in ("borealis", "speech")
                for resource, amount in (("cpu", 64_000), ("memory", 512 * GIB), (H100, 8))
            ],
            why="tests",
            viewer=viewer,
        )
