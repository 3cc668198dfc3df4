"""What the clock asks for: connections to test, nodes to label; and what it leaves alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory import projection
from inventory.k8s.abilities import Abilities
from inventory.k8s.rights import Rights
from inventory.models import Cluster, Namespace, Node, WatchState
from inventory.selectors.connections import connection_fingerprint
from inventory.services import testing
from inventory.services.clusters import cluster_credential_rotate
from inventory.services.labelling import labels_request
from inventory.services.pools import pool_create
from portal.models import JobRun
from tests.inventory.test_services import KUBECONFIG, nodes_make, register
from tests.inventory.world import OPERATOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("system_scope")]
NOW = timezone.now()


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def ended(kind: str, state: str, *, minute: float = 0) -> None:
    """The jobs of a kind that were on their way have come to this end."""
    JobRun.objects.filter(kind=kind, finished_at=None).update(
        state=state, finished_at=NOW + minutes(minute)
    )


def asked(kind: str) -> int:
    return JobRun.objects.filter(kind=kind, state="queued").count()


@pytest.fixture
def cluster() -> Cluster:
    """A cluster whose test has gone well."""
    found = register()
    ended("cluster.test", "succeeded")
    Cluster.objects.update(state="connected", tested_at=NOW, abilities={"version": "v1.37.0"})
    return found


@pytest.mark.parametrize(
    ("state", "is_open", "age", "is_asked"),
    [
        ("connected", False, 59, False),
        ("connected", False, 61, True),
        ("connected", True, 9, False),
        ("connected", True, 11, True),
        ("unreachable", True, 61, False),
        ("paused", True, 61, False),
        ("removed", True, 61, False),
    ],
)
def test_an_old_test_is_repeated_sooner_where_tenants_rest_on_the_policies(
    cluster: Cluster, state: str, is_open: bool, age: int, is_asked: bool
) -> None:
    Namespace.objects.create(
        cluster=cluster,
        uid="1",
        name="one",
        resource_version="1",
        kind="open" if is_open else "managed",
        seen_at=NOW,
    )
    Cluster.objects.update(state=state, tested_at=NOW - minutes(age))
    testing.tests_request(NOW)
    assert asked("cluster.test") == is_asked


def test_a_cluster_that_is_back_after_a_test_that_failed_is_tested_soon(cluster: Cluster) -> None:
    Cluster.objects.update(abilities={}, tested_at=NOW)
    testing.tests_request(NOW)
    assert asked("cluster.test") == 1


def test_a_credential_that_was_never_tested_is(cluster: Cluster) -> None:
    cluster_credential_rotate(name="one", kubeconfig=KUBECONFIG, viewer=OPERATOR)
    assert Cluster.objects.get().tested_at is None
    ended("cluster.test", "succeeded")  # of the old one, a moment before it was replaced
    testing.tests_request(NOW)
    assert asked("cluster.test") == 1
    testing.tests_request(NOW)
    assert asked("cluster.test") == 1


ABILITIES = Abilities(
    version="v1.37.0",
    pod_resize=True,
    resource_versions=[],
    resource_slices=None,
    metrics=False,
    kueue=False,
    validating_policies=True,
    mutating_policies=True,
    policies={},
)
RIGHTS = Rights(
    user="berth", read=True, act=True, renew=True, everything=False, missing=[], extra=[]
)


@pytest.mark.parametrize(
    ("asked_for", "tested_at", "wakes"),
    [(False, NOW, False), (True, NOW, True), (False, None, True)],
    ids=["by the clock", "by a person", "of a new credential"],
)
def test_what_is_parked_goes_on_after_a_test_but_not_with_every_hour(
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    asked_for: bool,
    tested_at: datetime | None,
    wakes: bool,
) -> None:
    Cluster.objects.update(tested_at=tested_at)
    told: list[tuple[int, str, str]] = []
    monkeypatch.setattr(projection, "_state_projectors", [lambda *facts: told.append(facts)])
    testing.findings_store(
        cluster_id=cluster.pk,
        fingerprint=connection_fingerprint(cluster),
        identity="u-1",
        abilities=ABILITIES,
        rights=RIGHTS,
        asked=asked_for,
        now=NOW,
    )
    assert told == [(cluster.pk, "connected", "connected")] * wakes


def test_a_test_that_can_not_be_made_is_no_flood(cluster: Cluster) -> None:
    Cluster.objects.update(tested_at=None)
    for minute, is_asked in ((0, True), (0.5, False), (1.5, True), (2.5, False), (4, True)):
        testing.tests_request(NOW + minutes(minute))
        assert asked("cluster.test") == is_asked, minute
        ended("cluster.test", "failed", minute=minute)


@pytest.fixture
def mislabelled(cluster: Cluster) -> Cluster:
    """Nodes that came into a pool while a watcher listens; the job they asked for failed."""
    nodes_make(cluster)
    pool_create(name="all", title="All", viewer=OPERATOR)
    WatchState.objects.create(cluster=cluster, kind="nodes", state="watching", last_event_at=NOW)
    ended("pool.label", "failed")
    return cluster


def test_nodes_that_still_lack_their_label_are_asked_for_again(mislabelled: Cluster) -> None:
    labels_request(NOW + minutes(1))
    assert asked("pool.label") == 0
    labels_request(NOW + minutes(2))
    assert asked("pool.label") == 1
    ended("pool.label", "succeeded")
    Node.objects.update(pool_label="all")
    labels_request(NOW + minutes(2))
    assert asked("pool.label") == 0


@pytest.mark.parametrize(
    "silent",
    [
        {"state": "backoff"},
        {"last_event_at": NOW - minutes(5)},
        {"kind": "pods"},
    ],
)
def test_a_mirror_that_hears_nothing_asks_for_nothing(
    mislabelled: Cluster, silent: dict[str, Any]
) -> None:
    WatchState.objects.update(**silent)
    labels_request(NOW + minutes(2))
    assert asked("pool.label") == 0


def test_gone_nodes_and_clusters_out_of_reach_are_left_alone(mislabelled: Cluster) -> None:
    Cluster.objects.update(state="unreachable")
    labels_request(NOW + minutes(2))
    Cluster.objects.update(state="connected")
    Node.objects.update(gone_at=NOW)
    labels_request(NOW + minutes(2))
    assert asked("pool.label") == 0
