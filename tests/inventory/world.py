"""A registered cluster, its jobs run on the spot, and `manage.py watch` as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.testbed import ApiClient, Bed
from inventory.choices import FactKind
from inventory.k8s.kinds import KINDS
from inventory.k8s.kubeconfig import ParsedKubeconfig, parse_kubeconfig
from inventory.models import Cluster, WatchState
from inventory.rows import TABLES, narrowed
from inventory.services.clusters import cluster_register
from portal.jobs.runner import job_run
from portal.models import JobRun
from portal.scope import scope
from portal.viewer import Viewer
from simulator.bed import SimulatedBed

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = Viewer(
    user_id=None,
    label="operator",
    kind="user",
    sees_all=True,
    platform_verbs=frozenset(
        {"cluster.view", "cluster.edit", "pool.edit", "node.view", "namespace.edit"}
    ),
)
SYSTEM = Viewer.system("tests")
END_SECONDS = 20.0


def parsed(bed: Bed | SimulatedBed, user: str = "berth", *, token: str = "") -> ParsedKubeconfig:
    """The kubeconfig of a user of the bed, or one with another token."""
    path = bed.kubeconfig(user)
    text = bed.render_kubeconfig(user=user, token=token) if token else path.read_text()
    return parse_kubeconfig(text, files_from=path.parent)


def cluster_make(
    bed: Bed | SimulatedBed, name: str = "bed", *, user: str = "berth", token: str = ""
) -> Cluster:
    """Register a bed; its connection test is asked for and not yet run."""
    with scope(SYSTEM):
        return cluster_register(
            name=name, title=name, kubeconfig=parsed(bed, user, token=token), viewer=OPERATOR
        )


def job_of(kind: str) -> JobRun:
    """The newest job of a kind."""
    with scope(SYSTEM):
        return JobRun.objects.filter(kind=kind).latest("id")


def job_finish(kind: str) -> JobRun:
    """Run the newest job of a kind as a worker would, once."""
    job_run(job_id=job_of(kind).pk)
    return job_of(kind)


def fresh(cluster: Cluster) -> Cluster:
    """The cluster's row as it is now."""
    return Cluster.objects.get(pk=cluster.pk)


def mirrored(cluster: Cluster, kind: str) -> dict[str, str]:
    """UID and name of every object that the mirror has."""
    with scope(SYSTEM):
        rows = TABLES[kind]._default_manager.filter(cluster_id=cluster.pk, **narrowed(kind))
        if kind == FactKind.NODES:
            rows = rows.filter(**{"gone_at": None})
        return dict(rows.values_list("uid", "name"))


def listed(client: ApiClient, kind: str) -> dict[str, str]:
    """UID and name of every object that the cluster has."""
    items = client.get(KINDS[kind].path)["items"]
    return {item["metadata"]["uid"]: item["metadata"]["name"] for item in items}


def mirror_is_list(cluster: Cluster, client: ApiClient) -> bool:
    """Tell whether the mirror has what the cluster has, in every kind."""
    return all(mirrored(cluster, kind) == listed(client, kind) for kind in KINDS)


def watching(cluster: Cluster) -> bool:
    """Tell whether every kind is being watched."""
    with scope(SYSTEM):
        phases = list(WatchState.objects.filter(cluster=cluster).values_list("state", flat=True))
    return phases == ["watching"] * len(KINDS)


class Watcher:
    """`manage.py watch` as a process of its own."""

    def __init__(self, log: Path, **environment: str) -> None:
        self.log = log
        arguments = ["manage.py", "watch", "--silence-seconds=5"]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=os.environ
                | {"BERTH_OUTBOUND_ALLOW": "127.0.0.0/8", "BERTH_LOG_FORMAT": "json"}
                | environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and give the exit code."""
        self.process.send_signal(number)
        return self.process.wait(END_SECONDS)


@contextmanager
def watcher(log: Path, **environment: str) -> Iterator[Watcher]:
    """A watcher that is gone afterwards."""
    made = Watcher(log, **environment)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
            made.process.wait()
