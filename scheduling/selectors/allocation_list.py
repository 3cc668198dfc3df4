"""Which allocations a viewer may see, and one with everything its page shows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject
from django.db.models.lookups import Exact

from inventory.choices import FactKind
from inventory.models import Pod, WatchState
from portal.errors import NotFound
from portal.models import AuditEntry, JobRun
from portal.models.jobs import ACTIVE_STATES
from portal.viewer import Viewer, authorize
from scheduling.choices import LIVE_STATES, AllocationKind
from scheduling.models import Allocation, Decision, Drift, Quota, QuotaLedger

ROOM = """
SELECT mine.cluster_id, mine.node_uid, mine.node_name, mine.resource, mine.committed, mine.bound,
    coalesce(room.allocatable, 0), coalesce(room.foreign, 0), coalesce(room.committed, 0),
    (SELECT coalesce(sum(own.committed), 0) FROM scheduling_commitment AS own
     WHERE own.cluster_id = mine.cluster_id AND own.node_uid = mine.node_uid
        AND own.resource = mine.resource AND own.tenant_key = mine.tenant_key)::bigint
FROM scheduling_commitment AS mine
LEFT JOIN scheduling_nodecommitment AS room ON room.cluster_id = mine.cluster_id
    AND room.node_uid = mine.node_uid AND room.resource = mine.resource
WHERE mine.holder = %s ORDER BY mine.node_name, mine.resource
"""


@dataclass(frozen=True, slots=True)
class Held:
    """One resource on one node: what this allocation has, and what stands beside it."""

    committed: int
    bound: int
    allocatable: int
    foreign: int
    all_committed: int
    tenant_committed: int


@dataclass(slots=True)
class HeldNode:
    """A node that an allocation stands on."""

    name: str
    held: dict[str, Held] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuotaEffect:
    """The tenant's number of one resource, and this allocation's part of it by the ledger."""

    quota: Quota
    reserved: int
    bound: int
    releasing: int

    @property
    def mine(self) -> int:
        """What of the allocated amount is this allocation's."""
        return self.reserved + self.bound + self.releasing

    @property
    def before(self) -> int:
        """What would be allocated without it."""
        return self.quota.allocated - self.mine

    @property
    def left(self) -> int:
        """What the cap leaves."""
        return self.quota.cap - self.quota.allocated


def allocations_visible(*, viewer: Viewer) -> QuerySet[Allocation]:
    """Allocations of tenants in which the viewer may see them, newest first."""
    rows = Allocation.objects.visible_to(viewer).select_related("pool", "cluster", "namespace")
    if not viewer.can("allocation.view"):
        keys = [key for key, verbs in viewer.tenant_verbs.items() if "allocation.view" in verbs]
        rows = rows.filter(tenant_key__in=keys)
    return cast("QuerySet[Allocation]", rows.order_by("-id"))


def allocations_with_jobs(*, viewer: Viewer) -> QuerySet[Allocation]:
    """As `allocations_visible`, with `active_job`, the id of its latest unfinished job, and
    `drifted`, the kind of an open difference; each is None where there is none.
    """
    jobs = JobRun.objects.filter(key=_job_key(), state__in=ACTIVE_STATES).order_by("-id")
    drifts = Drift.objects.filter(allocation=OuterRef("pk"), resolved_at=None).order_by()
    return allocations_visible(viewer=viewer).annotate(
        active_job=Subquery(jobs.values("pk")[:1]),
        drifted=Subquery(drifts.values("kind")[:1]),
    )


def allocation_get(
    *, allocation_id: int, viewer: Viewer, verb: str = "allocation.view", tenant_key: str = ""
) -> Allocation:
    """One allocation; raises NotFound where the viewer can't see it, Denied where the verb lacks.

    With `open_drifts` and `pod_rows` as lists of plain objects, and `seen_at`, the older of the
    last signs of life of its cluster's nodes and pods: all in one query.
    """
    rows = allocations_visible_to(viewer).annotate(
        open_drifts=_drifts(), pod_rows=_pods(), seen_at=_seen()
    )
    if tenant_key:
        rows = rows.filter(tenant_key=tenant_key)
    found = rows.filter(pk=allocation_id).first()
    if found is None:
        raise NotFound
    authorize(viewer=viewer, verb=verb, tenant_key=found.tenant_key)
    return cast(Allocation, found)


def allocations_visible_to(viewer: Viewer) -> QuerySet[Allocation]:
    """Rows of the tenants that the viewer sees, whatever they may do there."""
    rows = Allocation.objects.visible_to(viewer)
    return cast(
        "QuerySet[Allocation]",
        rows.select_related("pool", "cluster", "wanted_cluster", "namespace"),
    )


def held_nodes(*, allocation: Allocation) -> list[HeldNode]:
    """Where a workload stands. Open capacity is held by its namespace, with others in it."""
    holder = allocation.holder
    if allocation.kind == AllocationKind.OPEN and allocation.namespace is not None:
        holder = allocation.namespace.holder
    nodes: dict[tuple[int, str], HeldNode] = {}
    with connection.cursor() as cursor:
        cursor.execute(ROOM, [holder])
        for cluster_id, uid, name, resource, *numbers in cursor.fetchall():
            node = nodes.setdefault((cluster_id, uid), HeldNode(name))
            node.held[resource] = Held(*numbers)
    return list(nodes.values())


def quota_effects(*, allocation: Allocation) -> list[QuotaEffect]:
    """The tenant's quota of what the allocation is charged; one query, exact by the ledger."""
    moved = QuotaLedger.objects.filter(allocation_id=allocation.pk, quota=OuterRef("pk")).order_by()
    sums = {
        name: Coalesce(
            Subquery(moved.values("quota").annotate(s=Sum(f"d_{name}")).values("s")), Value(0)
        )
        for name in ("reserved", "bound", "releasing")
    }
    rows = Quota.objects.filter(
        tenant_key=allocation.tenant_key,
        pool_id=allocation.pool_id,
        resource__in=list(allocation.charged),
    ).annotate(**{f"my_{name}": total for name, total in sums.items()})
    by_name = {row.resource: row for row in rows}
    names = sorted(by_name, key=lambda name: (name in ("cpu", "memory"), name))
    return [
        QuotaEffect(row, row.my_reserved, row.my_bound, row.my_releasing)
        for row in map(by_name.__getitem__, names)
    ]


def allocation_acts(*, allocation: Allocation, viewer: Viewer) -> list[AuditEntry]:
    """What was done to it, newest first."""
    mine = Q(target_type="allocation", target_id=str(allocation.pk))
    rows = AuditEntry.objects.visible_to(viewer).filter(mine, tenant_key=allocation.tenant_key)
    return list(rows.order_by("-id")[:9])


def decision_newest(allocation: Allocation) -> Decision | None:
    """What the engine answered last: where, or why nowhere yet."""
    return Decision.objects.filter(allocation=allocation).first()


def pods_by_node(allocation: Allocation) -> dict[str, list[dict[str, Any]]]:
    """The pods that came with `allocation_get`, by node name.

    In an open namespace every pod counts; in the managed one only those of this allocation.
    """
    mine = "" if allocation.kind == AllocationKind.OPEN else str(allocation.pk)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rows: list[dict[str, Any]] = getattr(allocation, "pod_rows", [])
    for pod in sorted(rows, key=_natural):
        if not mine or pod["holder"] == mine:
            found[pod["node"]].append(pod)
    return found


def _natural(pod: dict[str, Any]) -> tuple[str, int, str]:
    """By name, but the tenth after the ninth."""
    stem, _dash, last = str(pod["name"]).rpartition("-")
    return (stem, int(last), "") if last.isdecimal() else (stem, -1, last)


def job_keys_live() -> QuerySet[Any]:
    """Keys of the jobs of allocations that hold something, or will."""
    live = Allocation.objects.filter(state__in=LIVE_STATES).order_by()
    return live.values_list(Concat(Value("allocation:"), Cast("pk", CharField())))


def _job_key() -> Any:
    return Concat(Value("allocation:"), Cast(OuterRef("pk"), CharField()))


def _drifts() -> Any:
    rows = Drift.objects.filter(allocation=OuterRef("pk"), resolved_at=None).order_by("id")
    return ArraySubquery(
        rows.values(
            json=JSONObject(
                id="id",
                kind="kind",
                object_kind="object_kind",
                object_ref="object_ref",
                manager="manager",
                seen_at="seen_at",
            )
        )
    )


def _pods() -> Any:
    # Labels count where nobody but Berth writes them; in an open namespace every pod is meant.
    is_open = Exact(OuterRef("kind"), Value(AllocationKind.OPEN))
    rows = Pod.objects.filter(
        Q(holder=Cast(OuterRef("pk"), CharField())) | Q(is_open),
        cluster=OuterRef("cluster"),
        namespace=OuterRef("namespace__name"),
        tenant_key=OuterRef("tenant_key"),
    )
    return ArraySubquery(
        rows.order_by("name").values(
            json=JSONObject(
                name="name",
                node="node_name",
                phase="phase",
                ready="ready",
                reason="reason",
                holder="holder",
            )
        )
    )


def _seen() -> Any:
    rows = WatchState.objects.filter(
        cluster=OuterRef("cluster"), kind__in=[FactKind.NODES, FactKind.PODS]
    )
    return Subquery(
        rows.order_by(F("last_event_at").asc(nulls_first=True)).values("last_event_at")[:1]
    )
