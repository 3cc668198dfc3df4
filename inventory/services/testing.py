"""The connection test: who we are there, what the cluster can do, what we may do.

It is repeated by the clock: what was found once does not stay true, and open capacity rests on it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db.models import Exists, OuterRef, Q

from inventory import projection
from inventory.choices import ClusterState, NamespaceKind
from inventory.k8s.abilities import Abilities, probe
from inventory.k8s.connect import ClusterClient, connect
from inventory.k8s.errors import ClusterError
from inventory.k8s.pace import Pace
from inventory.k8s.rights import Rights, compare
from inventory.models import Cluster, Namespace
from inventory.notices import UNFENCED, operators_tell
from inventory.selectors.connections import cluster_connection, connection_is
from inventory.states import WATCHED_STATES, cluster_state_set
from portal import live
from portal.jobs.again import may_ask
from portal.jobs.requests import job_request, jobs_nudge
from portal.models import JobRun
from portal.scope import scope
from portal.viewer import Viewer

RETEST = timedelta(hours=1)
RETEST_FENCED = timedelta(minutes=10)  # where tenants' own pods rest on the policies
AGAIN_AFTER = timedelta(minutes=1)
SYSTEM = Viewer.system("inventory")


def test_request(*, cluster: Cluster, viewer: Viewer) -> JobRun:
    """Ask for the connection test inside the caller's transaction; one that waits goes on now.

    A test that is under way begins again when it finds that its connection has been replaced. One
    of the clock's becomes the person's: a pause keeps the clock from calling, and nobody else.
    """
    key = f"{cluster.job_key}:test"
    job = job_request(kind="cluster.test", key=key, viewer=viewer, args=cluster.job_args)
    if viewer.user_id is not None:
        JobRun.objects.filter(pk=job.pk, requested_by_id=None).update(
            requested_by_id=viewer.user_id, requested_by_label=viewer.label
        )
    jobs_nudge(keys=[key], parked=True)
    return job


def is_asked(job_id: int) -> bool:
    """Tell whether a person has asked for a test, also since it began."""
    return JobRun.objects.filter(pk=job_id, requested_by_id__isnull=False).exists()


def tests_request(now: datetime) -> None:
    """Ask for the test of each connection that has none, or an old one; called by the clock.

    A credential that was replaced while the test of the old one came to its end has none.
    """
    opened = Namespace.objects.filter(cluster=OuterRef("pk"), kind=NamespaceKind.OPEN)
    old = Q(tested_at__lt=now - RETEST) | Q(Exists(opened), tested_at__lt=now - RETEST_FENCED)
    with scope(SYSTEM):
        due = Cluster.objects.filter(
            Q(tested_at=None, state__in=WATCHED_STATES)
            | Q(old, state=ClusterState.CONNECTED)
            | Q(abilities={}, state=ClusterState.CONNECTED)  # its first test failed, and it is back
        )
        for cluster in due:
            key = f"{cluster.job_key}:test"
            if may_ask(kind="cluster.test", key=key, now=now, first=AGAIN_AFTER, most=RETEST):
                job_request(kind="cluster.test", key=key, viewer=SYSTEM, args=cluster.job_args)


def test_client(*, cluster: Cluster) -> ClusterClient:
    """A fresh client with a pace of its own: a circuit that is open elsewhere is no answer."""
    return connect(cluster_connection(cluster), pace=Pace())


def abilities_probe(*, client: ClusterClient) -> Abilities:
    """What the cluster can do. Calls the cluster."""
    return probe(client)


def rights_compare(*, client: ClusterClient) -> Rights:
    """What the account may do. Calls the cluster."""
    return compare(client)


def findings_store(
    *,
    cluster_id: int,
    fingerprint: str,
    identity: str,
    abilities: Abilities,
    rights: Rights,
    asked: bool,
    now: datetime,
) -> dict[str, Any] | None:
    """Keep what the test found; inside the caller's transaction. Returns it as plain data.

    None, and nothing is kept, where the connection is no longer the one that was tested. What is
    parked for want of the cluster goes on if a person `asked`, or the credential is a new one;
    a test by the clock wakes nobody.
    """
    cluster = connection_is(cluster_id, fingerprint)
    if cluster is None:
        return None
    if cluster.abilities.get("fenced") and not abilities.fenced:
        operators_tell(UNFENCED, cluster)
    found: dict[str, Any] = {
        "abilities": msgspec.to_builtins(abilities) | {"fenced": abilities.fenced},
        "rights": msgspec.to_builtins(rights) | {"own_account": rights.is_own_account},
    }
    Cluster.objects.filter(pk=cluster_id).update(
        version=abilities.version[:40],
        abilities=found["abilities"],
        rights=found["rights"],
        credential_user=rights.user[:253],
        identity=cluster.identity or identity,
        tested_at=now,
        last_contact_at=now,
    )
    cluster_state_set(cluster_id=cluster_id, state=ClusterState.CONNECTED, code="", now=now)
    if asked or cluster.tested_at is None:
        # The state may never have been another: a job can have met the dead credential first.
        projection.run_cluster_state(cluster_id, ClusterState.CONNECTED, ClusterState.CONNECTED)
    live.publish(f"cluster:{cluster_id}", "tested", cluster=cluster_id)
    live.publish("clusters", "tested", cluster=cluster_id)
    return found


def failure_store(*, cluster_id: int, fingerprint: str, error: ClusterError, now: datetime) -> bool:
    """Keep that the test failed; inside the caller's transaction.

    False, and nothing is kept, where the connection is no longer the one that was tested.
    """
    if connection_is(cluster_id, fingerprint) is None:
        return False
    expired = error.code == "credential-expired"
    state = ClusterState.CREDENTIAL_EXPIRED if expired else ClusterState.UNREACHABLE
    Cluster.objects.filter(pk=cluster_id).update(tested_at=now)
    cluster_state_set(cluster_id=cluster_id, state=state, code=error.code, now=now)
    live.publish(f"cluster:{cluster_id}", "tested", cluster=cluster_id)
    return True
