"""The inventory's jobs on a real control plane: testing, labelling, renewing and removing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from deploy.testbed import Bed
from inventory import labels
from inventory.k8s.connection import Credential
from inventory.k8s.errors import OtherCluster
from inventory.k8s.kinds import KINDS
from inventory.models import Cluster, Node, Pod
from inventory.selectors.connections import cluster_client, watch_client
from inventory.services import removal, tokens
from inventory.services.clusters import cluster_credential_rotate, cluster_register
from inventory.services.pools import pool_create, pool_update
from inventory.services.removal import cluster_remove
from inventory.sync import apply_batch
from portal.errors import Conflict, NotFound
from portal.models import AuditEntry, JobRun
from portal.scope import scope
from portal.seal import unseal
from tests.inventory.conftest import bed_client
from tests.inventory.world import (
    OPERATOR,
    SYSTEM,
    cluster_make,
    fresh,
    job_finish,
    job_of,
    parsed,
)

pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _loopback(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)


@pytest.fixture
def cluster(bed: Bed) -> Cluster:
    return cluster_make(bed)


def mirror(cluster: Cluster, bed: Bed, kind: str = "nodes") -> None:
    """Bring the mirror in line once, as the watcher would."""
    spec = KINDS[kind]
    page = spec.page(bed_client(bed, "tester").get_bytes(spec.path))
    apply_batch(
        cluster_id=cluster.pk, kind=kind, upserts=page.records, full=True, now=timezone.now()
    )


def test_a_test_says_who_we_are_and_what_can_be_done(cluster: Cluster) -> None:
    job = job_finish("cluster.test")
    assert job.state == "succeeded"
    found = fresh(cluster)
    assert (found.state, found.credential_user) == ("connected", labels.USERNAME)
    assert found.version.startswith("v1.")
    assert found.abilities["pod_resize"]
    assert found.abilities["fenced"]
    assert (found.rights["read"], found.rights["act"], found.rights["renew"]) == (True,) * 3
    assert found.rights["missing"] == found.rights["extra"] == []
    assert found.rights["own_account"]


def test_too_many_rights_are_a_warning(bed: Bed) -> None:
    cluster = cluster_make(bed, user="tester")
    assert job_finish("cluster.test").state == "succeeded"
    rights = fresh(cluster).rights
    assert rights["everything"]
    assert rights["extra"][0]["danger"]
    assert not rights["own_account"]


def test_too_few_rights_are_listed(bed: Bed) -> None:
    cluster = cluster_make(bed, user="guest")
    assert job_finish("cluster.test").state == "succeeded"
    rights = fresh(cluster).rights
    assert not rights["read"]
    assert {"role": "berth-act", "group": "apps", "resource": "statefulsets"}.items() <= next(
        m.items()
        for m in rights["missing"]
        if m["resource"] == "statefulsets" and m["role"] != "berth-read"
    )
    assert fresh(cluster).abilities["resource_slices"] is None


def test_a_wrong_token_fails_the_test_at_once_and_a_good_one_heals_it(
    bed: Bed, cluster: Cluster
) -> None:
    with scope(SYSTEM):
        cluster_credential_rotate(
            name="bed", kubeconfig=parsed(bed, token="wrong"), viewer=OPERATOR
        )
    job = job_finish("cluster.test")
    assert (job.state, job.reason["code"]) == ("failed", "credential-expired")
    assert fresh(cluster).state == "credential_expired"
    with scope(SYSTEM):
        cluster_credential_rotate(name="bed", kubeconfig=parsed(bed), viewer=OPERATOR)
    assert job_finish("cluster.test").state == "succeeded"
    assert fresh(cluster).state == "connected"


def test_a_credential_of_another_cluster_is_told_at_once_and_used_for_nothing(
    bed: Bed, cluster: Cluster
) -> None:
    assert job_finish("cluster.test").state == "succeeded"
    known = fresh(cluster).identity
    assert (
        known == bed_client(bed, "tester").get("/api/v1/namespaces/kube-system")["metadata"]["uid"]
    )
    Cluster.objects.filter(pk=cluster.pk).update(identity="another")
    with scope(SYSTEM):
        cluster_credential_rotate(name="bed", kubeconfig=parsed(bed), viewer=OPERATOR)
    job = job_finish("cluster.test")
    assert (job.state, (job.reason or {})["code"]) == ("failed", "cluster-other")
    assert (fresh(cluster).state, fresh(cluster).state_code) == ("unreachable", "cluster-other")
    for client in (cluster_client, watch_client):
        with pytest.raises(OtherCluster):
            client(cluster.pk)


def test_a_server_that_is_away_is_tried_three_times(cluster: Cluster) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(server_url="https://127.0.0.1:1")
    states = []
    for _try in range(3):
        with scope(SYSTEM):
            JobRun.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        states.append(job_finish("cluster.test").state)
    assert states == ["waiting", "waiting", "failed"]
    assert fresh(cluster).state == "unreachable"


def test_an_address_that_may_not_be_called_fails_at_once(
    cluster: Cluster, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOW = ()
    assert job_finish("cluster.test").state == "failed"


def node_labels(bed: Bed) -> dict[str, str]:
    """The pool label of each node, as the cluster has it."""
    items = bed.client("tester").get("/api/v1/nodes")["items"]
    found = {i["metadata"]["name"]: i["metadata"]["labels"].get(labels.POOL, "") for i in items}
    return dict(sorted(found.items()))


@pytest.fixture
def _unlabelled(bed: Bed) -> Iterator[None]:
    yield
    for name in node_labels(bed):
        bed.client("tester").merge(
            f"/api/v1/nodes/{name}", {"metadata": {"labels": {labels.POOL: None}}}
        )


@pytest.mark.usefixtures("_unlabelled")
def test_nodes_carry_the_label_of_their_pool_and_lose_it_when_they_leave(
    bed: Bed, cluster: Cluster
) -> None:
    mirror(cluster, bed)
    gpu = [{"key": "nvidia.com/gpu.present", "operator": "Exists"}]
    only = [{"key": "nvidia.com/gpu.family", "operator": "In", "values": ["hopper"]}]
    with scope(SYSTEM):
        pool_create(name="gpu", title="GPU", selector=gpu, viewer=OPERATOR)
        pool_create(name="rest", title="Rest", viewer=OPERATOR)
    assert job_finish("pool.label").state == "succeeded"
    assert node_labels(bed) == {"cpu-1": "rest", "h100-1": "gpu", "l40s-1": "gpu"}
    mirror(cluster, bed)
    with scope(SYSTEM):
        pool_update(name="rest", clusters=[], selector=only, viewer=OPERATOR)
        pool_update(name="gpu", selector=only, viewer=OPERATOR)
    assert job_finish("pool.label").state == "succeeded"
    assert node_labels(bed) == {"cpu-1": "", "h100-1": "gpu", "l40s-1": ""}
    mirror(cluster, bed)
    assert Node.objects.get(name="h100-1").pool_label == "gpu"


def test_a_token_is_renewed_when_most_of_its_life_is_over(bed: Bed) -> None:
    cluster = cluster_make(bed, token=bed.create_token(seconds=600))
    job_finish("cluster.test")
    tokens.tokens_request(timezone.now())
    with scope(SYSTEM):
        assert not JobRun.objects.filter(kind="cluster.token").exists()
    made_at = timezone.now() - timedelta(seconds=500)
    Cluster.objects.update(
        credential_made_at=made_at, credential_expires_at=made_at + timedelta(seconds=600)
    )
    before = bytes(fresh(cluster).sealed_credential)
    tokens.tokens_request(timezone.now())
    assert job_finish("cluster.token").state == "succeeded"
    found = fresh(cluster)
    assert bytes(found.sealed_credential) != before
    assert found.credential_expires_at is not None
    assert found.credential_expires_at > timezone.now() + timedelta(seconds=550)
    assert cluster_client(cluster.pk).get("/version")
    token = Credential.load(unseal(bytes(found.sealed_credential), found.seal_context)).token
    with scope(SYSTEM):
        text = " ".join(str(e.after) for e in AuditEntry.objects.all())
        text += " ".join(str(j.args) for j in JobRun.objects.all())
    assert token not in text


def test_a_removed_cluster_leaves_no_credential_and_no_mirror(bed: Bed, cluster: Cluster) -> None:
    job_finish("cluster.test")
    mirror(cluster, bed)
    mirror(cluster, bed, "namespaces")
    with scope(SYSTEM):
        cluster_remove(name="bed", viewer=OPERATOR)
    assert job_finish("cluster.remove").state == "succeeded"
    found = fresh(cluster)
    assert (found.state, bytes(found.sealed_credential)) == ("removed", b"")
    with scope(SYSTEM):
        assert not Pod.objects.exists()
    assert not Node.objects.filter(gone_at=None).exists()
    with pytest.raises(NotFound):
        cluster_client(cluster.pk)
    mirror(cluster, bed)  # a watcher that has not heard of it yet
    assert not Node.objects.filter(gone_at=None).exists()
    cluster_make(bed)


def test_a_pool_of_one_cluster_never_becomes_one_of_all(cluster: Cluster) -> None:
    with scope(SYSTEM):
        pool_create(name="own", title="Own", clusters=["bed"], viewer=OPERATOR)
    with scope(SYSTEM), pytest.raises(Conflict, match="The pool own is of this cluster alone"):
        cluster_remove(name="bed", viewer=OPERATOR)


def test_a_cluster_in_use_is_not_removed(cluster: Cluster) -> None:
    def blocker(_cluster_id: int) -> list[str]:
        return ["Two allocations run there."]

    removal.removal_blocker_register(blocker)
    try:
        with scope(SYSTEM), pytest.raises(Conflict, match="Two allocations"):
            cluster_remove(name="bed", viewer=OPERATOR)
    finally:
        removal._blockers.remove(blocker)
    with scope(SYSTEM):
        cluster_remove(name="bed", viewer=OPERATOR)
    removal.removal_blocker_register(blocker)
    try:
        job = job_finish("cluster.remove")
    finally:
        removal._blockers.remove(blocker)
    assert job.state == "compensated"
    assert fresh(cluster).state == "pending"


def test_registering_again_under_the_name_is_refused(bed: Bed, cluster: Cluster) -> None:
    with scope(SYSTEM), pytest.raises(Conflict):
        cluster_register(name="bed", title="x", kubeconfig=parsed(bed), viewer=OPERATOR)
    assert job_of("cluster.test").args == {"cluster_id": cluster.pk, "cluster": cluster.name}
