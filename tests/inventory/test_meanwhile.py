"""What changes on a real control plane while a job runs, and after it has looked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from deploy.testbed import Bed
from inventory import labels
from inventory.k8s.kinds import KINDS
from inventory.models import Cluster, Node
from inventory.services import testing, tokens
from inventory.services.clusters import cluster_credential_rotate
from inventory.services.pools import pool_create
from inventory.sync import apply_batch
from portal import faults
from portal.models import JobRun, Notice
from portal.scope import scope
from tests.inventory.conftest import bed_client, wait_until
from tests.inventory.world import OPERATOR, SYSTEM, cluster_make, fresh, job_finish, parsed
from tests.people import People

pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True)]
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
SPACE = f"{RBAC}/namespaces/{labels.SYSTEM_NAMESPACE}"
LATER = "late-1"


@pytest.fixture(autouse=True)
def _loopback(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)


@contextmanager
def meanwhile(act: Callable[[], Any], *, path: str) -> Iterator[None]:
    """Do something once, when the first call to this path has landed."""
    left = [act]

    def hook(name: str, facts: dict[str, Any]) -> None:
        if name == "cluster.after" and str(facts["path"]).startswith(path) and left:
            left.pop()()

    remove = faults.install(hook)
    try:
        yield
    finally:
        remove()
    assert not left, "nothing called that path"


@contextmanager
def merged(bed: Bed, path: str, patch: Any, back: Any) -> Iterator[None]:
    """An object of the cluster changed, until the block ends."""
    bed.client().merge(path, patch)
    try:
        yield
    finally:
        bed.client().merge(path, back)


def rotate(bed: Bed, *, token: str = "") -> Callable[[], None]:
    """Hand in another kubeconfig, as an operator would."""

    def act() -> None:
        with scope(SYSTEM):
            kubeconfig = parsed(bed, token=token)
            cluster_credential_rotate(name="bed", kubeconfig=kubeconfig, viewer=OPERATOR)

    return act


def test_a_credential_that_is_replaced_during_its_test_is_tested_anew(bed: Bed) -> None:
    cluster = cluster_make(bed)
    with meanwhile(rotate(bed, token="wrong"), path="/version"):
        job = job_finish("cluster.test")
    assert (job.state, job.reason["code"]) == ("waiting", "connection-replaced")
    assert (fresh(cluster).state, fresh(cluster).tested_at) == ("pending", None)
    assert job_finish("cluster.test").reason["code"] == "credential-expired"
    assert fresh(cluster).state == "credential_expired"


def test_the_failure_of_a_credential_that_was_replaced_is_not_the_new_ones(bed: Bed) -> None:
    cluster = cluster_make(bed, token="wrong")
    with meanwhile(rotate(bed), path="/version"):
        assert job_finish("cluster.test").state == "waiting"
    assert fresh(cluster).state == "pending"
    assert job_finish("cluster.test").state == "succeeded"
    assert fresh(cluster).state == "connected"


def test_a_renewal_does_not_overwrite_what_was_just_handed_in(bed: Bed) -> None:
    cluster = cluster_make(bed)
    assert job_finish("cluster.test").state == "succeeded"
    grow_old(cluster)
    tokens.tokens_request(timezone.now())
    with meanwhile(rotate(bed, token=bed.create_token(seconds=900)), path="/api/v1/namespaces"):
        job = job_finish("cluster.token")
    assert job.state == "succeeded"
    with scope(SYSTEM):
        assert job.steps.get().outcome == {"renewed": False}
    ends_at = fresh(cluster).credential_expires_at
    assert ends_at is not None
    assert timedelta(seconds=800) < ends_at - timezone.now() < timedelta(seconds=901)


def grow_old(cluster: Cluster) -> None:
    """Let most of the token's life be over, as far as Berth knows."""
    made_at = timezone.now() - timedelta(seconds=2900)
    Cluster.objects.filter(pk=cluster.pk).update(
        credential_made_at=made_at, credential_expires_at=made_at + timedelta(hours=1)
    )


def test_a_refused_renewal_is_asked_for_later_each_time_and_told_once(
    bed: Bed, people_committed: People
) -> None:
    cluster = cluster_make(bed)
    job_finish("cluster.test")
    grow_old(cluster)
    now = timezone.now()
    rules = bed.client().get(f"{SPACE}/roles/berth-token")["rules"]
    asked = []
    with merged(bed, f"{SPACE}/roles/berth-token", {"rules": []}, {"rules": rules}):
        wait_until(lambda: not may_renew(bed))
        for minutes in range(8):
            tokens.tokens_request(now + timedelta(minutes=minutes))
            with scope(SYSTEM):
                asked.append(JobRun.objects.filter(kind="cluster.token").count())
                waiting = JobRun.objects.filter(kind="cluster.token", state="queued").exists()
            if waiting:
                job = job_finish("cluster.token")
                assert (job.state, job.reason["code"]) == ("failed", "cluster-forbidden")
                with scope(SYSTEM):
                    at = now + timedelta(minutes=minutes)
                    JobRun.objects.filter(pk=job.pk).update(finished_at=at)
    assert asked == [1, 2, 2, 3, 3, 3, 3, 4]
    with scope(SYSTEM):
        (notice,) = Notice.objects.filter(kind="cluster.token-refused")
    assert (notice.user_id, notice.params["cluster"]) == (people_committed.operator.user.pk, "bed")


def may_renew(bed: Bed) -> bool:
    """Whether Berth's account may ask for its token, as the cluster sees it."""
    attributes = {"namespace": labels.SYSTEM_NAMESPACE, "resource": "serviceaccounts"}
    attributes |= {"subresource": "token", "verb": "create", "name": labels.SERVICE_ACCOUNT}
    spec = {"user": labels.USERNAME, "resourceAttributes": attributes}
    answer = bed.client().create(
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": spec,
        },
    )
    return bool(answer["status"]["allowed"])


POLICY = f"{ADMISSION}/validatingadmissionpolicies/berth-open"
BINDING = f"{ADMISSION}/validatingadmissionpolicybindings/berth-open"
NARROW = {"namespaceSelector": {"matchLabels": {"only": "here"}}}
WIDE = {"namespaceSelector": {"matchLabels": {"only": None}}}


@pytest.mark.parametrize(
    ("path", "part"), [(POLICY, "matchConstraints"), (BINDING, "matchResources")]
)
def test_a_fence_that_was_narrowed_is_noticed_and_told(
    bed: Bed, people_committed: People, path: str, part: str
) -> None:
    cluster = cluster_make(bed)
    job_finish("cluster.test")
    assert fresh(cluster).abilities["fenced"]
    Cluster.objects.update(tested_at=timezone.now() - timedelta(minutes=61))
    with merged(bed, path, {"spec": {part: NARROW}}, {"spec": {part: WIDE}}):
        testing.tests_request(timezone.now())
        assert job_finish("cluster.test").state == "succeeded"
    found = fresh(cluster).abilities
    assert not found["fenced"]
    assert found["policies"]["ValidatingAdmissionPolicy berth-open"] == "different"
    with scope(SYSTEM):
        (notice,) = Notice.objects.filter(kind="cluster.unfenced")
    assert notice.user_id == people_committed.operator.user.pk
    with scope(SYSTEM):
        testing.test_request(cluster=cluster, viewer=SYSTEM)
    job_finish("cluster.test")
    assert fresh(cluster).abilities["fenced"]


def test_a_role_in_one_namespace_does_not_pass_for_one_in_all(bed: Bed) -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "guest-everything"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "cluster-admin",
        },
        "subjects": [
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "guest"},
        ],
    }
    path = f"{RBAC}/namespaces/default/rolebindings"
    bed.client().create(path, binding)
    try:
        wait_until(lambda: bed.client("guest").get("/api/v1/namespaces/default/pods") is not None)
        cluster = cluster_make(bed, user="guest")
        assert job_finish("cluster.test").state == "succeeded"
    finally:
        bed.client().delete(f"{path}/guest-everything")
    rights = fresh(cluster).rights
    assert (rights["read"], rights["act"], rights["everything"]) == (False, False, False)


def mirror(cluster: Cluster, bed: Bed) -> None:
    """Bring the mirror of the nodes in line once, as the watcher would."""
    spec = KINDS["nodes"]
    page = spec.page(bed_client(bed, "tester").get_bytes(spec.path))
    apply_batch(
        cluster_id=cluster.pk, kind="nodes", upserts=page.records, full=True, now=timezone.now()
    )


def test_a_node_that_comes_while_nodes_are_labelled_is_labelled_too(bed: Bed) -> None:
    cluster = cluster_make(bed)
    mirror(cluster, bed)
    with scope(SYSTEM):
        pool_create(name="rest", title="Rest", viewer=OPERATOR)

    def arrive() -> None:
        body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": LATER}}
        bed.client().create("/api/v1/nodes", body)
        mirror(cluster, bed)
        with scope(SYSTEM):
            assert JobRun.objects.filter(kind="pool.label").count() == 1

    try:
        with meanwhile(arrive, path="/api/v1/nodes/"):
            assert job_finish("pool.label").state == "succeeded"
        found = bed.client().get(f"/api/v1/nodes/{LATER}")["metadata"]["labels"]
        assert found[labels.POOL] == "rest"
    finally:
        bed.client().delete(f"/api/v1/nodes/{LATER}")
        for node in Node.objects.exclude(name=LATER):
            off = {"metadata": {"labels": {labels.POOL: None}}}
            bed.client().merge(f"/api/v1/nodes/{node.name}", off)
