"""The connection test: who we are there, what the cluster can do, what we may do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from inventory import projection
from inventory.choices import ClusterState
from inventory.k8s.abilities import Abilities, probe
from inventory.k8s.connect import ClusterClient, connect
from inventory.k8s.errors import ClusterError
from inventory.k8s.pace import Pace
from inventory.k8s.rights import Rights, compare
from inventory.models import Cluster
from inventory.selectors.connections import cluster_connection, cluster_get
from inventory.states import cluster_state_set
from portal import live


def test_client(*, cluster_id: int) -> ClusterClient:
    """A fresh client with a pace of its own: a circuit that is open elsewhere is no answer."""
    return connect(cluster_connection(cluster_get(cluster_id)), pace=Pace())


def abilities_probe(*, client: ClusterClient) -> Abilities:
    """What the cluster can do. Calls the cluster."""
    return probe(client)


def rights_compare(*, client: ClusterClient) -> Rights:
    """What the account may do. Calls the cluster."""
    return compare(client)


def findings_store(
    *, cluster_id: int, abilities: Abilities, rights: Rights, now: datetime
) -> dict[str, Any]:
    """Keep what the test found; inside the caller's transaction. Returns it as plain data."""
    found: dict[str, Any] = {
        "abilities": msgspec.to_builtins(abilities) | {"fenced": abilities.fenced},
        "rights": msgspec.to_builtins(rights) | {"own_account": rights.is_own_account},
    }
    Cluster.objects.filter(pk=cluster_id).update(
        version=abilities.version[:40],
        abilities=found["abilities"],
        rights=found["rights"],
        credential_user=rights.user[:253],
        tested_at=now,
        last_contact_at=now,
    )
    cluster_state_set(cluster_id=cluster_id, state=ClusterState.CONNECTED, code="", now=now)
    # Also where the state was never another: a job may have met the dead credential first.
    connected = ClusterState.CONNECTED
    projection.run_cluster_state(cluster_id, connected, connected)
    live.publish(f"cluster:{cluster_id}", "tested", cluster=cluster_id)
    live.publish("clusters", "tested", cluster=cluster_id)
    return found


def failure_store(*, cluster_id: int, error: ClusterError, now: datetime) -> None:
    """Keep that the test failed; inside the caller's transaction."""
    expired = error.code == "credential-expired"
    state = ClusterState.CREDENTIAL_EXPIRED if expired else ClusterState.UNREACHABLE
    Cluster.objects.filter(pk=cluster_id).update(tested_at=now)
    cluster_state_set(cluster_id=cluster_id, state=state, code=error.code, now=now)
    live.publish(f"cluster:{cluster_id}", "tested", cluster=cluster_id)
