"""Facts, quota and asks for the tests of requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from inventory.choices import ClusterState
from inventory.models import Cluster, DeviceType, Node, Pool
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import NodeCommitment, Quota
from scheduling.services.quota import QuotaEdit, quota_set
from tenants.models import CapacityRequest, Tenant
from tenants.services.requests import (
    RequestInput,
    request_approve,
    request_claim,
    request_counter,
    request_draft_save,
    request_reject,
    request_submit,
    request_withdraw,
)
from tests.people import People, Someone

GIB = 1024**3
H100 = "h100-sxm"
NODE = {"cpu": 64_000, "memory": 512 * GIB, "pods": 110, H100: 8}
ORGANISATION = {"cpu": 128_000, "memory": 1024 * GIB, H100: 16}
TEAM = {"cpu": 96_000, "memory": 768 * GIB, H100: 12}


@dataclass(frozen=True, slots=True)
class Harbour:
    """Two nodes with eight H100 each in pool "h100"; vision may hold twelve of them."""

    people: People
    pool: Pool
    cluster: Cluster
    now: datetime

    def draft(self, by: Someone | None = None, **changes: Any) -> CapacityRequest:
        """A draft of vision; `changes` go into the input, `ask_` ones into the ask."""
        someone = by or self.people.alice
        with scope(someone.viewer) as viewer:
            return request_draft_save(
                tenant_key="vision", data=allocation_input(**changes), viewer=viewer, now=self.now
            )

    def submitted(self, by: Someone | None = None, **changes: Any) -> CapacityRequest:
        """A submitted request of vision."""
        someone = by or self.people.alice
        draft = self.draft(someone, **changes)
        with scope(someone.viewer) as viewer:
            return request_submit(request_id=draft.pk, viewer=viewer, now=self.now)

    def in_state(self, state: str) -> CapacityRequest:
        """Alice's request, brought to a state by the services themselves."""
        made = self.draft()
        with scope(self.people.alice.viewer) as viewer:
            if state not in ("draft", "withdrawn"):
                request_submit(request_id=made.pk, viewer=viewer, now=self.now)
            if state == "withdrawn":
                request_withdraw(request_id=made.pk, viewer=viewer, now=self.now)
        with scope(self.people.operator.viewer) as viewer:
            arguments: dict[str, Any] = {"request_id": made.pk, "viewer": viewer, "now": self.now}
            if state == "in_review":
                request_claim(**arguments)
            elif state == "countered":
                smaller = {"replicas": 1}
                request_counter(**arguments, ask=smaller, until_at=None, reason="Half of it")
            elif state == "approved":
                request_approve(**arguments)
            elif state == "rejected":
                request_reject(**arguments, reason="Not this month")
            elif state == "expired":
                CapacityRequest.objects.filter(pk=made.pk).update(state="expired")
        return self.fresh(made)

    def fresh(self, request: CapacityRequest) -> CapacityRequest:
        """The request as it is now, seen by everybody's eyes."""
        with scope(Viewer.system("tests")):
            return CapacityRequest.objects.select_related("allocation").get(pk=request.pk)

    def limits(self, tenant_key: str, limits: dict[str, dict[str, int]]) -> None:
        """Amounts up to which a tenant's requests need no operator."""
        with scope(Viewer.system("tests")):
            Tenant.objects.filter(key=tenant_key).update(auto_approve_limits=limits)

    def guaranteed(self, tenant_key: str = "vision", resource: str = H100) -> int:
        """What a tenant is guaranteed now."""
        with scope(Viewer.system("tests")):
            return Quota.objects.get(tenant_key=tenant_key, resource=resource).guaranteed

    def fill(self, resource: str = H100, amount: int = 8) -> None:
        """Let pods of others take room on every node."""
        rows = NodeCommitment.objects.filter(cluster=self.cluster, resource=resource)
        rows.update(foreign=amount)


def allocation_input(**changes: Any) -> RequestInput:
    """What a person would send for two replicas of four H100 each."""
    ask: dict[str, Any] = {
        "kind": "workload",
        "name": "train",
        "pool": "h100",
        "replicas": 2,
        "shape": {"cpu": 16_000, "memory": 128 * GIB, H100: 4},
        "runs_as": "service",
        "spec": {"image": "registry.example/vision/train:1"},
    }
    ask |= {name[4:]: changes.pop(name) for name in list(changes) if name.startswith("ask_")}
    values: dict[str, Any] = {"kind": "allocation", "ask": ask, "justification": "A paper is due."}
    return RequestInput(**(values | changes))


def harbour_make(people: People) -> Harbour:
    """Write the facts and give quota."""
    now = timezone.now()
    with scope(Viewer.system("tests")) as viewer:
        cluster = Cluster.objects.create(
            name="ams-1",
            title="Amsterdam 1",
            server_url="https://ams-1.example:6443",
            state=ClusterState.CONNECTED,
            last_contact_at=now - timedelta(seconds=12),
        )
        DeviceType.objects.create(name=H100, title="H100 SXM 80 GB")
        pool = Pool.objects.create(name="h100", title="H100", ordering=1)
        for number in (1, 2):
            _node_make(cluster, pool, f"ams1-h100-{number}", now)
        quota_set(
            edits=[
                QuotaEdit(tenant, "h100", resource, amount)
                for tenant, amounts in (("aurora", ORGANISATION), ("vision", TEAM))
                for resource, amount in amounts.items()
            ],
            why="tests",
            viewer=viewer,
        )
    return Harbour(people, pool, cluster, now)


def _node_make(cluster: Cluster, pool: Pool, name: str, now: datetime) -> None:
    Node.objects.create(
        cluster=cluster,
        uid=f"uid-{name}",
        name=name,
        resource_version="1",
        seen_at=now,
        ready=True,
        allocatable=NODE,
        capacity=NODE,
        pool=pool,
    )
    NodeCommitment.objects.bulk_create(
        NodeCommitment(
            cluster=cluster,
            node_uid=f"uid-{name}",
            node_name=name,
            resource=resource,
            allocatable=amount,
        )
        for resource, amount in NODE.items()
    )
