"""`manage.py watch` on a real control plane: stopped, killed, doubled, robbed of its database."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from deploy.testbed import ApiClient, Bed
from inventory.models import Cluster, WatchState
from inventory.services.clusters import (
    cluster_credential_rotate,
    cluster_pause,
    cluster_resume,
)
from portal.models import Heartbeat
from portal.scope import scope
from tests.inventory import objects
from tests.inventory.conftest import wait_until
from tests.inventory.world import (
    OPERATOR,
    SYSTEM,
    cluster_make,
    fresh,
    mirror_is_list,
    mirrored,
    parsed,
    watcher,
    watching,
)

pytestmark = [
    pytest.mark.bed,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
]
PODS = "/api/v1/namespaces/default/pods"


@pytest.fixture
def cluster(bed: Bed, settings: Settings) -> Cluster:
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)
    return cluster_make(bed)


@pytest.fixture
def tester(bed: Bed) -> Iterator[ApiClient]:
    """A user; what it makes in the namespace default is gone afterwards."""
    client = bed.client("tester")
    wait_until(lambda: client.get("/api/v1/namespaces/default/serviceaccounts/default"))
    yield client
    for item in client.get(PODS)["items"]:
        client.delete(f"{PODS}/{item['metadata']['name']}", {"gracePeriodSeconds": 0})


def test_the_mirror_is_the_list_and_goes_on_after_a_stop(
    bed: Bed, cluster: Cluster, tester: ApiClient, tmp_path: Path
) -> None:
    with watcher(tmp_path / "log") as first:
        wait_until(lambda: watching(cluster), seconds=60)
        wait_until(lambda: mirror_is_list(cluster, tester))
        tester.create(PODS, objects.pod("seen", "default"))
        wait_until(lambda: "seen" in mirrored(cluster, "pods").values(), seconds=5)
        assert fresh(cluster).state == "connected"
        assert Heartbeat.objects.filter(name="watcher").exists()
        assert first.end() == 0
    with scope(SYSTEM):
        states = list(WatchState.objects.filter(cluster=cluster))
    assert {state.state for state in states} == {"stopped"}
    listed_at = {state.kind: state.last_list_at for state in states}
    tester.create(PODS, objects.pod("meanwhile", "default"))
    with watcher(tmp_path / "log"):
        wait_until(lambda: "meanwhile" in mirrored(cluster, "pods").values(), seconds=60)
        wait_until(lambda: mirror_is_list(cluster, tester))
    again = WatchState.objects.filter(cluster=cluster)
    assert {state.kind: state.last_list_at for state in again} == listed_at
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_second_watcher_takes_over_from_a_killed_one(
    cluster: Cluster, tester: ApiClient, tmp_path: Path
) -> None:
    with watcher(tmp_path / "a") as leader:
        wait_until(lambda: watching(cluster), seconds=60)
        with watcher(tmp_path / "b"):
            wait_until(lambda: "watch.leads" in (tmp_path / "a").read_text())
            assert leader.end(signal.SIGKILL) == -signal.SIGKILL
            tester.create(PODS, objects.pod("taken-over", "default"))
            wait_until(lambda: "taken-over" in mirrored(cluster, "pods").values(), seconds=60)
            assert "watch.leads" in (tmp_path / "b").read_text()


def test_a_database_that_drops_everybody_is_come_back_to(
    cluster: Cluster, tester: ApiClient, tmp_path: Path
) -> None:
    with watcher(tmp_path / "log") as process:
        wait_until(lambda: watching(cluster), seconds=60)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert cursor.fetchone()[0] >= 2
        tester.create(PODS, objects.pod("after-drop", "default"))
        wait_until(lambda: "after-drop" in mirrored(cluster, "pods").values(), seconds=30)
        wait_until(lambda: mirror_is_list(cluster, tester))
        assert process.end() == 0


def test_a_cluster_that_goes_away_and_comes_back_is_said(
    bed: Bed, cluster: Cluster, tmp_path: Path
) -> None:
    with watcher(tmp_path / "log"):
        wait_until(lambda: fresh(cluster).state == "connected", seconds=60)
        bed.stop("apiserver")
        wait_until(lambda: fresh(cluster).state == "unreachable", seconds=30)
        assert fresh(cluster).state_code == "cluster-unreachable"
        bed.start("apiserver")
        client = bed.client("tester")
        client.create(PODS, objects.pod("back", "default"))
        wait_until(lambda: fresh(cluster).state == "connected", seconds=60)
        wait_until(lambda: mirror_is_list(cluster, client), seconds=60)
    client.delete(f"{PODS}/back", {"gracePeriodSeconds": 0})


def test_a_token_that_expires_is_said_and_a_new_one_heals_it(
    bed: Bed, settings: Settings, tester: ApiClient, tmp_path: Path
) -> None:
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)
    secrets = "/api/v1/namespaces/berth-system/secrets"
    bed.client("admin").create(secrets, {"metadata": {"name": "short"}})
    cluster = cluster_make(bed, token=bed.create_token(secret="short"))
    with watcher(tmp_path / "log"):
        wait_until(lambda: watching(cluster), seconds=60)
        bed.client("admin").delete(f"{secrets}/short")
        bed.stop("apiserver")
        bed.start("apiserver")
        wait_until(lambda: fresh(cluster).state == "credential_expired", seconds=90)
        with scope(SYSTEM):
            cluster_credential_rotate(name="bed", kubeconfig=parsed(bed), viewer=OPERATOR)
        wait_until(lambda: watching(cluster), seconds=60)
        wait_until(lambda: fresh(cluster).state == "connected")


def test_a_paused_cluster_is_left_alone_until_it_is_resumed(
    cluster: Cluster, tester: ApiClient, tmp_path: Path
) -> None:
    with watcher(tmp_path / "log"):
        wait_until(lambda: watching(cluster), seconds=60)
        with scope(SYSTEM):
            cluster_pause(name="bed", viewer=OPERATOR)
        wait_until(lambda: not WatchState.objects.exclude(state="stopped").exists(), seconds=30)
        assert fresh(cluster).state == "paused"
        tester.create(PODS, objects.pod("unseen", "default"))
        with scope(SYSTEM):
            cluster_resume(name="bed", viewer=OPERATOR)
        wait_until(lambda: "unseen" in mirrored(cluster, "pods").values(), seconds=30)


def test_without_the_key_the_watcher_says_why(
    cluster: Cluster, tester: ApiClient, tmp_path: Path
) -> None:
    with watcher(tmp_path / "log", BERTH_SEAL_KEY=""):
        wait_until(lambda: fresh(cluster).state == "unreachable", seconds=60)
    assert fresh(cluster).state_code == "seal-unavailable"
