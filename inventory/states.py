"""Moving a cluster from one state to another, and telling who must know."""

from __future__ import annotations

from datetime import datetime

from inventory import projection
from inventory.choices import ClusterState
from inventory.models import Cluster
from inventory.notices import state_tell
from portal import live
from portal.jobs.requests import jobs_nudge

WATCHED_STATES = (
    ClusterState.PENDING,
    ClusterState.CONNECTED,
    ClusterState.UNREACHABLE,
    ClusterState.CREDENTIAL_EXPIRED,
)


def cluster_state_set(*, cluster_id: int, state: ClusterState, code: str, now: datetime) -> None:
    """Move a cluster to a state; others are told in the same transaction.

    `code` says why. A cluster that was paused or is being removed stays so.
    """
    before = (
        Cluster.objects.select_for_update()
        .filter(pk=cluster_id, state__in=WATCHED_STATES)
        .values_list("state", "state_code")
        .first()
    )
    if before is None or before == (state, code):
        return
    changes: dict[str, object] = {"state": state, "state_code": code}
    if before[0] != state:
        changes["state_since"] = now
    Cluster.objects.filter(pk=cluster_id).update(**changes)
    if before[0] != state:
        projection.run_cluster_state(cluster_id, before[0], state)
        state_tell(cluster_id=cluster_id, state=state, now=now)
        if state == ClusterState.CONNECTED:
            keys = [f"cluster:{cluster_id}:{work}" for work in ("pool-label", "token", "remove")]
            jobs_nudge(keys=keys, parked=True)
    live.publish("clusters", "state", cluster=cluster_id)
    live.publish(f"cluster:{cluster_id}", "state", cluster=cluster_id)
