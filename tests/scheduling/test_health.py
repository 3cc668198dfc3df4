"""What the mirror makes of an allocation's health, and when a job waits for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from inventory.choices import WatchPhase
from inventory.models import Cluster, Pool, WatchState, WorkloadFact
from scheduling.models import Allocation, TenantNamespace
from scheduling.services.health import FRESH, health_lags, health_mirrored
from scheduling.services.scan import cluster_scan
from tests.scheduling.world import system

pytestmark = pytest.mark.django_db
NOW = timezone.now()
UID = "sts-1"


@pytest.fixture
def allocation() -> Allocation:
    """Two replicas that a job has just seen running, on a cluster whose watcher listens."""
    with system():
        cluster = Cluster.objects.create(name="one", title="one", server_url="https://one:1")
        space = TenantNamespace.objects.create(
            tenant_key="vision", cluster=cluster, kind="managed", name="berth-vision", uid="ns-1"
        )
        watch_set(cluster, heard_at=NOW)
        return Allocation.objects.create(
            tenant_key="vision", kind="workload", name="web", state="active", replicas=2,
            pool=Pool.objects.create(name="cpu", title="cpu", ordering=1, selector=[]),
            cluster=cluster, namespace=space, object_uid=UID,
            shape={"cpu": 1}, charged={"cpu": 2}, created_by="x",
        )  # fmt: skip


def watch_set(cluster: Cluster, *, heard_at: datetime) -> None:
    WatchState.objects.update_or_create(
        cluster=cluster,
        kind="statefulsets",
        defaults={"state": WatchPhase.WATCHING, "last_event_at": heard_at},
    )


def fact_set(allocation: Allocation, *, ready: int) -> None:
    WorkloadFact.objects.update_or_create(
        cluster=allocation.cluster,
        uid=UID,
        defaults={
            "kind": "StatefulSet", "namespace": "berth-vision", "name": allocation.object_name,
            "seen_at": NOW, "resource_version": "1", "ready_replicas": ready,
        },
    )  # fmt: skip


def test_a_job_waits_for_a_mirror_that_listens_and_lags(allocation: Allocation) -> None:
    with system():
        assert health_lags(allocation, now=NOW)  # the object has not been met at all
        fact_set(allocation, ready=1)
        assert health_lags(allocation, now=NOW)
        fact_set(allocation, ready=2)
        assert not health_lags(allocation, now=NOW)


def test_a_job_does_not_wait_for_a_mirror_that_hears_nothing(allocation: Allocation) -> None:
    with system():
        assert allocation.cluster is not None
        watch_set(allocation.cluster, heard_at=NOW - FRESH - timedelta(seconds=1))
        assert not health_lags(allocation, now=NOW)


def test_a_run_is_not_degraded_by_pods_that_have_ended(allocation: Allocation) -> None:
    with system():
        fact_set(allocation, ready=0)
        assert health_mirrored(allocation) == "degraded"
        allocation.runs_as = "completion"
        assert health_mirrored(allocation) == "active"


def test_a_fact_that_crossed_with_a_jobs_word_is_caught_up_with(allocation: Allocation) -> None:
    with system():
        for ready, state in ((1, "degraded"), (2, "active")):
            fact_set(allocation, ready=ready)
            cluster_scan(cluster_id=allocation.cluster_id or 0)
            allocation.refresh_from_db()
            assert allocation.state == state
