"""A cluster on the bed as Berth sees it: registered, mirrored, divided into pools, with quota."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from deploy.testbed import Bed
from deploy.testbed.errors import ApiError
from inventory.choices import ClusterState
from inventory.k8s import pace
from inventory.k8s.connection import Credential
from inventory.k8s.kubeconfig import parse_kubeconfig
from inventory.k8s.timing import Timing
from inventory.models import Cluster, DeviceMapping, DeviceType, Node, Pool
from inventory.selectors import connections
from inventory.selectors.connections import KUBE_SYSTEM
from inventory.watcher.cluster import ClusterWatch
from portal.jobs import periodic
from portal.jobs.runner import job_run
from portal.jobs.sweeper import sweep_once
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES, FINAL_STATES
from portal.scope import scope
from portal.seal import seal
from portal.viewer import Viewer
from scheduling.models import Allocation, NodeCommitment, Quota
from scheduling.services.allocations import AllocationAsk, allocation_plan
from scheduling.services.quota import QuotaEdit, quota_set
from tests.people import People

GIB = 1024**3
MODELS = {
    "h100-sxm-80gb": "NVIDIA-H100-80GB-HBM3",
    "a100-sxm-40gb": "NVIDIA-A100-SXM4-40GB",
    "l40s-48gb": "NVIDIA-L40S",
}

NOT_FOUND = 404
IN_SPACES = {
    "/apis/apps/v1": ("statefulsets", "deployments", "replicasets", "controllerrevisions"),
    "/apis/batch/v1": ("jobs",),
    "/api/v1": ("pods", "resourcequotas", "limitranges", "configmaps", "serviceaccounts"),
    "/apis/networking.k8s.io/v1": ("networkpolicies",),
    "/apis/rbac.authorization.k8s.io/v1": ("rolebindings",),
}


def system() -> Any:
    """Berth's own scope."""
    return scope(Viewer.system("tests"))


def until(check: Callable[[], Any], *, seconds: float = 30.0, every: float = 0.05) -> Any:
    """Wait for a fact; fail with what was last seen."""
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not so within {seconds} s: {check!r} gives {found!r}")
        time.sleep(every)


@dataclass
class World:
    """A bed with its cluster row, pools named after what they hold, and a watcher if started."""

    bed: Bed
    cluster: Cluster
    pools: dict[str, Pool]
    people: People | None = None

    def ask(self, name: str, **changes: Any) -> Allocation:
        """Plan an allocation as an approved request would."""
        values: dict[str, Any] = {
            "tenant_key": "vision",
            "kind": "workload",
            "name": name,
            "pool": "h100",
            "replicas": 1,
            "shape": {"cpu": 1000, "memory": GIB, "h100-sxm-80gb": 2},
            "spec": {"image": "registry.example/team/job:1"},
        }
        values |= changes
        if values["kind"] == "open" and "spec" not in changes:
            values["spec"] = {}
        with system():
            return allocation_plan(
                ask=AllocationAsk(**values),
                viewer=Viewer.system("tests"),
                not_before=None,
                deadline_at=None,
            )

    def run_jobs(self, *, until_final: JobRun | None = None, seconds: float = 60.0) -> None:
        """Sweep and run jobs in this process until one is final, or none is active."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            sweep_once(run=job_run)
            with system():
                active = JobRun.objects.filter(state__in=ACTIVE_STATES)
                if until_final is not None:
                    active = active.filter(pk=until_final.pk)
                jobs = list(active)
                due = [job.pk for job in jobs]
            if not jobs:
                return
            for job_id in due:
                job_run(job_id=job_id)
            time.sleep(0.05)
        raise AssertionError([(j.kind, j.state, j.reason) for j in jobs])

    def final_job(self, allocation: Allocation, kind: str) -> JobRun:
        """The last job of a kind for an allocation, run to its end."""
        with system():
            job = JobRun.objects.filter(key=allocation.job_key, kind=kind).latest("pk")
        self.run_jobs(until_final=job)
        with system():
            job.refresh_from_db()
        assert job.state in FINAL_STATES
        return job

    def fresh(self, allocation: Allocation) -> Allocation:
        """The allocation as it is now."""
        with system():
            return Allocation.objects.select_related("namespace", "cluster").get(pk=allocation.pk)

    def names(self, kind: str, namespace: str = "") -> set[str]:
        """Names of objects of a kind as kubectl gets them."""
        place = ("-n", namespace) if namespace else ("-A",)
        text = str(self.bed.kubectl("get", kind, *place, "-o", "name").stdout)
        return {line.split("/", 1)[1] for line in text.splitlines() if line}

    def job(self, allocation: Allocation, kind: str) -> JobRun | None:
        """The last job of a kind for an allocation as it is now; None where there is none."""
        with system():
            jobs = JobRun.objects.filter(key=allocation.job_key, kind=kind)
            found: JobRun | None = jobs.order_by("pk").last()
        return found

    def said(self, job: JobRun) -> str:
        """Why a job stands where it does, as REST says it; the page has to say the same."""
        assert self.people is not None
        client = self.people.operator.client()
        reason = client.get(f"/api/v1/jobs/{job.pk}/").json()["reason"]
        page = client.get(f"/jobs/{job.pk}/").content.decode()
        assert html.escape(reason["sentence"]) in page
        return str(reason["sentence"])

    @contextmanager
    def working(self) -> Iterator[None]:
        """A worker and the clock's rounds, in a thread, as they run in an installation."""
        stop = threading.Event()

        def work() -> None:
            while not stop.wait(0.05):
                with system():
                    active = JobRun.objects.filter(state__in=ACTIVE_STATES)
                    ids = list(active.values_list("pk", flat=True))
                for job_id in ids:
                    job_run(job_id=job_id)
                periodic.run_due(now=timezone.now())

        thread = thread_run(work)
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=60)

    @contextmanager
    def watching(self, timing: Timing | None = None) -> Iterator[ClusterWatch]:
        """A watcher of the cluster in a thread."""
        watch = ClusterWatch(self.cluster.pk, timing=timing)
        watch.start()
        try:
            yield watch
        finally:
            watch.stop()
            watch.join(timeout=20)


def cluster_make(
    bed: Bed, *, name: str = "bed", user: str = "berth", server: str = "", ca_pem: str = ""
) -> Cluster:
    """A registered, connected cluster row for a bed; `server` and `ca_pem` of one in between."""
    pace_forget()
    parsed = parse_kubeconfig(bed.kubeconfig(user).read_text(encoding="utf-8"))
    cluster = Cluster.objects.create(
        name=name,
        title=name,
        server_url=server or parsed.server,
        ca_pem=ca_pem or parsed.ca_pem,
        state=ClusterState.CONNECTED,
        abilities={"fenced": True},
        identity=identity_of(bed),
        tested_at=timezone.now(),
        api_extra={"calls_per_second": 1000, "burst": 1000},
    )
    cluster.sealed_credential = seal(Credential.of(parsed).dump(), cluster.seal_context)
    cluster.save(update_fields=["sealed_credential"])
    return cluster


def identity_of(bed: Bed) -> str:
    """What a cluster's first connection test keeps of it."""
    return str(bed.client().get(KUBE_SYSTEM)["metadata"]["uid"])


def pace_forget() -> None:
    """Drop clients and open circuits of the test before: the rows' numbers begin anew."""
    connections._clients.clear()
    pace._paces.clear()


def space_remove(bed: Bed, name: str) -> None:
    """Remove a namespace with all that is in it, without the pauses of its controller."""
    client, path = bed.client(), f"/api/v1/namespaces/{name}"
    collections = [
        f"{group}/namespaces/{name}/{kind}" for group, kinds in IN_SPACES.items() for kind in kinds
    ]
    client.delete(path)

    def empty() -> bool:
        for collection in collections:
            client.delete(collection, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})
        return not any(client.get(collection)["items"] for collection in collections)

    until(empty, seconds=60)
    body = {"metadata": {"name": name}, "spec": {"finalizers": []}}
    whole = {"kind": "Namespace", "apiVersion": "v1"} | body
    try:
        client.request("PUT", f"{path}/finalize", body=whole)
    except ApiError as error:  # its controller may have been faster
        if error.status != NOT_FOUND:
            raise
    until(lambda: name not in _spaces(bed), seconds=60)


def _spaces(bed: Bed) -> set[str]:
    return {item["metadata"]["name"] for item in bed.client().get("/api/v1/namespaces")["items"]}


def pools_make() -> dict[str, Pool]:
    """One pool per device model by its feature-discovery label, and one for the rest."""
    pools = {}
    for order, (device, product) in enumerate(MODELS.items()):
        kind = DeviceType.objects.create(name=device, title=product)
        labels = {"nvidia.com/gpu.product": product}
        DeviceMapping.objects.create(
            device_type=kind, resource_key="nvidia.com/gpu", node_labels=labels
        )
        name = device.split("-", maxsplit=1)[0]
        pools[name] = Pool.objects.create(
            name=name,
            title=name,
            ordering=order,
            selector=[{"key": "nvidia.com/gpu.product", "operator": "In", "values": [product]}],
            tolerations=[{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        )
    pools["cpu"] = Pool.objects.create(name="cpu", title="cpu", ordering=99, selector=[])
    return pools


def quota_give(*, amounts: dict[str, int], pool: str = "h100") -> None:
    """Give organisation aurora and its tenant vision the same quota of a pool."""
    with system() as viewer:
        quota_set(
            edits=[
                QuotaEdit(tenant, pool, resource, amount)
                for tenant in ("aurora", "vision")
                for resource, amount in amounts.items()
            ],
            why="tests",
            viewer=viewer,
        )


def quota_numbers(tenant_key: str = "vision") -> dict[str, tuple[int, int, int]]:
    """(reserved, bound, releasing) by resource."""
    with system():
        return {
            quota.resource: (quota.reserved, quota.bound, quota.releasing)
            for quota in Quota.objects.filter(tenant_key=tenant_key)
        }


def ledger_differences() -> list[Any]:
    """Quotas whose counters are not the sum of their ledger rows: always empty."""
    with system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT q.id, q.reserved, q.bound, q.releasing, l.r, l.b, l.x FROM scheduling_quota q"
            " LEFT JOIN LATERAL (SELECT coalesce(sum(d_reserved), 0) r, coalesce(sum(d_bound), 0)"
            " b, coalesce(sum(d_releasing), 0) x FROM scheduling_quotaledger WHERE quota_id = q.id)"
            " l ON true WHERE (q.reserved, q.bound, q.releasing) <> (l.r, l.b, l.x)"
        )
        return cursor.fetchall()


def mirror_ready(cluster: Cluster, *, nodes: int) -> None:
    """Wait until the watcher has read the nodes and their room is known."""

    def there() -> bool:
        with system():
            known = Node.objects.filter(cluster=cluster, gone_at=None, ready=True)
            rows = NodeCommitment.objects.filter(cluster=cluster, resource="cpu")
            return known.count() >= nodes and rows.count() >= nodes

    until(there, seconds=30)


def now() -> Any:
    """The time, for services that take it."""
    return timezone.now()


def thread_run(target: Callable[[], None]) -> threading.Thread:
    """Run in a thread that closes its own database connection."""

    def body() -> None:
        try:
            target()
        finally:
            connection.close()

    thread = threading.Thread(target=body)
    thread.start()
    return thread
