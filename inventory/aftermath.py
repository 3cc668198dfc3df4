"""What a batch of facts entails inside the inventory itself."""

from __future__ import annotations

from inventory import labels as keys
from inventory.choices import FactKind
from inventory.models import Cluster, Namespace, Node, Pod, Pool, ResourceQuotaFact, WorkloadFact
from inventory.models.fact import Fact
from inventory.projection import Change, Changes
from portal import audit
from portal.jobs.requests import job_request
from portal.viewer import Viewer

WATCHER = Viewer.system("watcher")


def batch_follow(changes: Changes[Fact]) -> None:
    """Do what other rows need after a batch; runs in its transaction, before the projectors."""
    if changes.kind == FactKind.NAMESPACES:
        _namespaces_follow(changes)
    elif changes.kind == FactKind.NODES:
        pool_label_request(changes)


def _namespaces_follow(changes: Changes[Fact]) -> None:
    for change in changes:
        before, after = change.before, change.after
        if not isinstance(after, Namespace):
            continue
        tenant_key = before.tenant_key if isinstance(before, Namespace) else ""
        if after.tenant_key != tenant_key or before is None:
            namespace_content_assign(after.cluster_id, after.name, after.tenant_key)
        if after.labels_differ and not (isinstance(before, Namespace) and before.labels_differ):
            _label_drift_note(change, after)


def namespace_content_assign(cluster_id: int, name: str, tenant_key: str) -> None:
    """Give everything mirrored in a namespace to its tenant."""
    for model in (Pod, ResourceQuotaFact, WorkloadFact):
        model.objects.filter(cluster_id=cluster_id, namespace=name).exclude(
            tenant_key=tenant_key
        ).update(tenant_key=tenant_key)


def _label_drift_note(change: Change[Fact], after: Namespace) -> None:
    before = change.before.labels if change.before is not None else {}
    audit.record(
        viewer=WATCHER,
        verb="namespace.labels_differ",
        target_type="namespace",
        target_id=f"{after.cluster_id}/{after.name}",
        tenant_key=after.tenant_key,
        before=keys.own_labels(before),
        after=keys.own_labels(after.labels),
    )


def pool_label_request(changes: Changes[Fact]) -> None:
    """Ask for the nodes to be labelled where this batch made a label wrong."""
    names = dict(Pool.objects.values_list("pk", "name"))
    if any(_needs_label(change, names) for change in changes):
        pool_label_job_request(cluster_id=changes.cluster_id)


def pool_label_job_request(*, cluster_id: int) -> None:
    """Ask for the job that writes berth.dev/pool on the nodes of a cluster."""
    cluster = Cluster.objects.only("name").get(pk=cluster_id)
    job_request(
        kind="pool.label",
        key=pool_label_key(cluster_id),
        viewer=WATCHER,
        args=cluster.job_args,
    )


def pool_label_key(cluster_id: int) -> str:
    """Key of that job."""
    return f"cluster:{cluster_id}:pool-label"


def _needs_label(change: Change[Fact], names: dict[int, str]) -> bool:
    """A node whose label is wrong, unless it was so before in the very same way."""
    before, after = change.before, change.after
    if not isinstance(after, Node):
        return False
    wanted = names.get(after.pool_id or 0, "")
    if after.pool_label == wanted:
        return False
    if not isinstance(before, Node):
        return True
    return (before.pool_id, before.pool_label) != (after.pool_id, after.pool_label)
