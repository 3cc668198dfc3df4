"""Comparing the mirror with what Berth wrote: what is noted, what stays accepted, what is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.k8s.quantities import amounts_parse
from inventory.models import (
    DeviceMapping,
    DeviceType,
    Namespace,
    Node,
    ResourceQuotaFact,
    WorkloadFact,
)
from portal.models import JobRun, JobStep
from portal.models.jobs import JobState
from scheduling.models import Allocation, Commitment, Drift, TenantNamespace
from scheduling.services.allocations import CREATE, REPLACE
from scheduling.services.drift import drift_choose
from scheduling.services.namespaces import hard_sum
from scheduling.services.scan import cluster_scan
from tests.people import People
from tests.scheduling.pages.seed import GIB, H100, Seed, seed_make
from tests.scheduling.world import system

pytestmark = pytest.mark.django_db
QUOTA = "ResourceQuota"
HARD = {"requests.cpu": 1000, "requests.memory": GIB}
MORE = {"requests.cpu": 9000, "requests.memory": GIB}
SOMEBODY = [{"manager": "somebody", "operation": "Update", "time": "2026-01-01T00:00:00Z"}]


@pytest.fixture
def seed(people: People) -> Seed:
    """Vision's managed namespace as the cluster mirrors it, with one allocation that stands."""
    seed = seed_make()
    with system():
        Drift.objects.all().delete()
        confirmed = timezone.now() - timedelta(minutes=5)
        TenantNamespace.objects.filter(pk=managed().pk).update(
            uid="managed", hard=HARD, confirmed_at=confirmed
        )
        space = managed()
        fact(ResourceQuotaFact, "berth", uid="q", namespace=space.name, hard=HARD)
        fact(Namespace, space.name, uid=space.uid, labels={"berth.dev/tenant": "vision"})
        Allocation.objects.filter(pk=seed.active.pk).update(object_uid="mine", spec_hash="wrote")
        seed.active.refresh_from_db()
        fact(
            WorkloadFact,
            seed.active.object_name,
            uid="mine",
            namespace=space.name,
            kind="StatefulSet",
            spec_hash="wrote",
            ready_replicas=2,
        )
    return seed


def fact(model: Any, name: str, **values: Any) -> None:
    """A mirrored object of the cluster."""
    cluster = TenantNamespace.objects.filter(tenant_key="vision").earliest("pk").cluster
    common = {"cluster": cluster, "name": name, "resource_version": "1"}
    model.objects.create(**common, seen_at=timezone.now(), **values)


def managed() -> TenantNamespace:
    """Vision's managed namespace."""
    return TenantNamespace.objects.get(tenant_key="vision", kind="managed")


def scanned(seed: Seed) -> list[tuple[str, str]]:
    """Look once more; the open differences after that, as (kind of object, kind)."""
    with system():
        cluster_scan(cluster_id=seed.cluster.pk)
        rows = Drift.objects.filter(resolved_at=None).order_by("object_kind", "kind")
        return list(rows.values_list("object_kind", "kind"))


def settle(choice: str) -> None:
    """Let an operator choose for the one open difference."""
    with system() as viewer:
        drift_choose(
            drift=Drift.objects.get(resolved_at=None), choice=choice, why="tests", viewer=viewer
        )


def quota_becomes(hard: dict[str, int]) -> None:
    """Somebody writes the ResourceQuota."""
    with system():
        ResourceQuotaFact.objects.update(hard=hard, managers=SOMEBODY)


def test_nothing_is_noted_where_all_stands_as_it_was_written(seed: Seed) -> None:
    assert scanned(seed) == []


def test_an_accepted_quota_stays_accepted_until_it_is_another(seed: Seed) -> None:
    quota_becomes(MORE)
    assert scanned(seed) == [(QUOTA, "changed")]
    with system():
        assert Drift.objects.get(resolved_at=None).manager == "somebody"
    settle("accept")
    assert scanned(seed) == scanned(seed) == []
    quota_becomes(MORE | {"requests.cpu": 12_000})
    assert scanned(seed) == [(QUOTA, "changed")]


def test_what_is_accepted_is_what_stands_there_by_then(seed: Seed) -> None:
    quota_becomes(MORE)
    scanned(seed)
    later = MORE | {"requests.cpu": 12_000}
    quota_becomes(later)
    assert scanned(seed) == [(QUOTA, "changed")]
    settle("accept")
    assert scanned(seed) == []
    quota_becomes(MORE)
    assert scanned(seed) == [(QUOTA, "changed")]


def test_an_accepted_object_of_somebody_else_stays_accepted_until_another_stands_there(
    seed: Seed,
) -> None:
    with system():
        WorkloadFact.objects.update(uid="theirs", managers=SOMEBODY)
    assert scanned(seed) == [("StatefulSet", "foreign")]
    settle("accept")
    assert scanned(seed) == scanned(seed) == []
    with system():
        WorkloadFact.objects.update(uid="theirs-again")
    assert scanned(seed) == [("StatefulSet", "foreign")]


def test_what_a_job_that_waits_has_announced_is_no_difference(seed: Seed) -> None:
    with system():
        job = JobRun.objects.create(
            kind=REPLACE, key=seed.active.job_key, queue="place", state=JobState.WAITING
        )
        step = JobStep.objects.create(
            job=job, index=1, name="patch", intent={"specs": ["wrote", "points elsewhere"]}
        )
        WorkloadFact.objects.update(spec_hash="points elsewhere")
    assert scanned(seed) == []
    with system():
        WorkloadFact.objects.update(spec_hash="somebody's", managers=SOMEBODY)
    assert scanned(seed) == [("StatefulSet", "changed")]
    with system():
        WorkloadFact.objects.update(spec_hash="points elsewhere")
        JobRun.objects.filter(pk=step.job_id).update(state=JobState.FAILED)
    assert scanned(seed) == [("StatefulSet", "changed")]


def test_an_accepted_label_stays_accepted_until_it_is_another(seed: Seed) -> None:
    with system():
        Namespace.objects.update(labels_differ=True, labels={"berth.dev/tenant": "speech"})
    assert scanned(seed) == [("Namespace", "label")]
    settle("accept")
    assert scanned(seed) == scanned(seed) == []
    with system():
        Namespace.objects.update(labels={"berth.dev/tenant": "aurora"})
    assert scanned(seed) == [("Namespace", "label")]


def test_a_namespace_that_somebody_deleted_is_missed_while_something_stands_in_it(
    seed: Seed,
) -> None:
    with system():
        Namespace.objects.update(deleting_at=timezone.now())
    assert scanned(seed) == [("Namespace", "missing")]
    with system():
        Namespace.objects.all().delete()
    assert scanned(seed) == [("Namespace", "missing")]
    with system():
        fact(Namespace, managed().name, uid="another")
    assert scanned(seed) == [("Namespace", "foreign")]
    with system():
        Namespace.objects.all().delete()
        Allocation.objects.filter(namespace=managed()).update(state="released")
    assert scanned(seed) == []


def test_a_namespace_that_was_made_anew_is_not_missed_while_the_mirror_lags(seed: Seed) -> None:
    with system():
        Namespace.objects.all().delete()
        TenantNamespace.objects.filter(pk=managed().pk).update(confirmed_at=timezone.now())
    assert scanned(seed) == []


def test_a_difference_that_went_away_is_closed_and_noted_again_when_it_comes_back(
    seed: Seed,
) -> None:
    quota_becomes(MORE)
    scanned(seed)
    quota_becomes(HARD)
    assert scanned(seed) == []
    quota_becomes(MORE)
    assert scanned(seed) == [(QUOTA, "changed")]


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.PARKED])
def test_a_job_that_is_stuck_hides_neither_quota_nor_labels(seed: Seed, state: str) -> None:
    with system():
        JobRun.objects.filter(key=seed.coming.job_key, kind=CREATE).update(state=state)
        assert seed.coming.namespace_id == managed().pk
        assert seed.coming.state == "applying"
        Namespace.objects.update(labels_differ=True)
    quota_becomes(MORE)
    assert scanned(seed) == [("Namespace", "label"), (QUOTA, "changed")]


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING])
def test_a_job_at_work_keeps_only_the_quota_from_being_compared(seed: Seed, state: str) -> None:
    with system():
        JobRun.objects.filter(key=seed.coming.job_key, kind=CREATE).update(state=state)
        Namespace.objects.update(labels_differ=True)
    quota_becomes(MORE)
    assert scanned(seed) == [("Namespace", "label")]


def test_a_sum_that_was_written_and_not_confirmed_yet_is_no_difference(seed: Seed) -> None:
    with system():
        Allocation.objects.filter(pk=seed.active.pk).update(widened=True)
        Node.objects.update(raw_allocatable={"nvidia.com/gpu": 8})
        kind = DeviceType.objects.get(name=H100)
        DeviceMapping.objects.create(
            device_type=kind, resource_key="nvidia.com/gpu", node_labels={}
        )
        wanted = amounts_parse(hard_sum(managed()))
    assert wanted != HARD
    quota_becomes(wanted)
    assert scanned(seed) == []


def test_what_was_confirmed_a_moment_ago_is_not_compared_with_a_mirror_that_lags(
    seed: Seed,
) -> None:
    with system():
        TenantNamespace.objects.filter(pk=managed().pk).update(confirmed_at=timezone.now())
    quota_becomes(MORE)
    assert scanned(seed) == []


def test_a_node_that_leaves_the_pool_is_noted_for_each_who_has_room_there(seed: Seed) -> None:
    with system():
        Node.objects.filter(name="ams1-h100-01").update(pool=seed.pools["cpu"])
    assert scanned(seed) == [("Node", "pool")]
    with system():
        row = Drift.objects.get(resolved_at=None)
        assert (row.tenant_key, row.allocation_id) == ("vision", seed.active.pk)
        assert row.object_ref == f"Node ams1-h100-01, {seed.active.ref}"
        Node.objects.filter(name="ams1-h100-01").update(pool=seed.pools["h100"])
    assert scanned(seed) == []


def test_open_room_on_a_node_outside_the_pool_is_noted_for_its_namespace(seed: Seed) -> None:
    with system():
        Node.objects.filter(name="ams1-h100-04").update(pool=None)
    assert scanned(seed) == [("Node", "pool")]
    with system():
        row = Drift.objects.get(resolved_at=None)
        assert (row.tenant_key, row.allocation_id) == ("vision", None)


def test_a_left_node_is_settled_when_the_allocation_has_moved_or_by_choice(seed: Seed) -> None:
    with system():
        Node.objects.filter(name__in=["ams1-h100-01", "ams1-h100-03"]).update(pool=None)
    assert scanned(seed) == [("Node", "pool")] * 2
    with system():
        Commitment.objects.filter(holder=seed.active.holder, node_name="ams1-h100-01").delete()
    assert scanned(seed) == [("Node", "pool")]
    settle("accept")
    assert scanned(seed) == scanned(seed) == []
    with system():
        Node.objects.filter(name="ams1-h100-03").update(pool=seed.pools["cpu"])
    assert scanned(seed) == [("Node", "pool")]
