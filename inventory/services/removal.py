"""Taking a cluster out: only when nothing is left on it, and its credential first of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory import projection
from inventory.choices import ClusterState
from inventory.locks import mirror_lock
from inventory.models import (
    Cluster,
    DeviceMapping,
    Namespace,
    NamespaceClaim,
    Node,
    Pod,
    Pool,
    ResourceQuotaFact,
    WatchState,
    WorkloadFact,
)
from inventory.services.writes import change_record, cluster_open, row_write, state_values
from portal import live
from portal.errors import Conflict
from portal.jobs.requests import job_request
from portal.models import JobRun
from portal.viewer import Viewer

# Rooms above say what still stands on a cluster: each gives sentences, empty when there is nothing.
Blocker = Callable[[int], list[str]]
_blockers: list[Blocker] = []


def removal_blocker_register(blocker: Blocker) -> None:
    """Have `blocker(cluster_id)` asked before a cluster is removed; it answers with sentences.

    It runs inside a transaction in Berth's own scope. One that fails refuses: nothing is removed.
    """
    if blocker not in _blockers:
        _blockers.append(blocker)


def removal_blockers(*, cluster_id: int) -> list[str]:
    """What still stands in the way of removing a cluster."""
    own = [*_pools_of_it_alone(cluster_id)]
    return own + [sentence for blocker in _blockers for sentence in blocker(cluster_id)]


def _pools_of_it_alone(cluster_id: int) -> Iterator[str]:
    """A pool that names no cluster is one of all: it must not become that by a removal."""
    pools = Pool.objects.annotate(count=Count("clusters", distinct=True))
    for name in pools.filter(count=1, clusters=cluster_id).values_list("name", flat=True):
        yield _("The pool %(pool)s is of this cluster alone. Delete it or change its clusters.") % {
            "pool": name
        }


@transaction.atomic
def cluster_remove(
    *, name: str, viewer: Viewer, reason: str = "", generation: int | None = None
) -> JobRun:
    """Ask for a cluster to be removed. Raises Conflict while something of a tenant stands there."""
    cluster = cluster_open(name=name, viewer=viewer)
    blockers = removal_blockers(cluster_id=cluster.pk)
    if blockers:
        text = _("The cluster can't be removed yet: %(why)s")
        raise Conflict(text % {"why": " ".join(blockers)}, code="cluster-in-use", blockers=blockers)
    was = cluster.state
    row_write(cluster, state_values(ClusterState.REMOVING), generation)
    change_record(viewer=viewer, verb="cluster.remove", row=cluster, reason=reason)
    return job_request(
        kind="cluster.remove",
        key=f"{cluster.job_key}:remove",
        viewer=viewer,
        args=cluster.job_args | {"was": was},
    )


def cluster_keep(*, cluster_id: int, was: str) -> bool:
    """Take a removal back; inside the caller's transaction. False where it was none any more.

    A cluster that `was` paused is paused again: only a person takes it up. Any other is pending
    until it is heard of.
    """
    paused = was == ClusterState.PAUSED
    kept = Cluster.objects.filter(pk=cluster_id, state=ClusterState.REMOVING).update(
        **state_values(ClusterState.PAUSED if paused else ClusterState.PENDING)
    )
    live.publish("clusters", "state", cluster=cluster_id)
    live.publish(f"cluster:{cluster_id}", "state", cluster=cluster_id)
    return bool(kept)


def cluster_wipe(*, cluster_id: int) -> None:
    """Forget the credential and the mirror; inside the caller's transaction.

    The row stays, because allocations and intervals of the past name it; so do nodes, as gone.
    """
    mirror_lock([cluster_id])
    projection.run_cluster_state(cluster_id, ClusterState.REMOVING, ClusterState.REMOVED)
    Cluster.objects.filter(pk=cluster_id).update(
        state=ClusterState.REMOVED,
        state_code="",
        state_since=timezone.now(),
        sealed_credential=b"",
        ca_pem="",
        credential_expires_at=None,
        abilities={},
        rights={},
    )
    for model in (Pod, Namespace, NamespaceClaim, ResourceQuotaFact, WorkloadFact, WatchState):
        model.objects.filter(cluster_id=cluster_id).delete()
    DeviceMapping.objects.filter(cluster_id=cluster_id).delete()
    Pool.clusters.through.objects.filter(cluster_id=cluster_id).delete()
    Node.objects.filter(cluster_id=cluster_id, gone_at=None).update(gone_at=timezone.now())
