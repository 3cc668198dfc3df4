"""The way from an allocation to its cluster: the writer, and what its objects look like."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from inventory.choices import ClusterState
from inventory.k8s.paths import ObjectRef
from inventory.k8s.writer import Writer
from inventory.labels import FIELD_MANAGER
from inventory.models import Cluster
from inventory.selectors.connections import cluster_client
from portal.errors import Unavailable
from portal.installation import installation_id
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.choices import RunsAs
from scheduling.manifests.owner import Owner
from scheduling.manifests.workload import Object, Workload, indexed_job, stateful_set
from scheduling.models import Allocation, Commitment, TenantNamespace
from scheduling.selectors.devices import granted_keys

SYSTEM = Viewer.system("jobs")


def writer_of(cluster_id: int) -> Writer:
    """Commands to a cluster. Raises Unavailable while an operator has paused it."""
    if Cluster.objects.filter(pk=cluster_id, state=ClusterState.PAUSED).exists():
        raise Unavailable(
            _("An operator has paused the cluster; the job goes on when it is resumed."),
            code="cluster-paused",
        )
    return Writer(cluster_client(cluster_id))


def owner_of(*, tenant_key: str, allocation: Allocation | None = None) -> Owner:
    """The labels of this installation for a tenant, or for one of its allocations."""
    with scope(SYSTEM):
        installation = installation_id()
    if allocation is None:
        return Owner(installation, tenant_key)
    return Owner(installation, tenant_key, allocation.pk, allocation.generation)


def object_ref(allocation: Allocation) -> ObjectRef:
    """Where an allocation's StatefulSet or Job stands."""
    kind = "Job" if allocation.runs_as == RunsAs.COMPLETION else "StatefulSet"
    return ObjectRef(kind, allocation.object_name, space_of(allocation).name)


def cluster_id_of(allocation: Allocation) -> int:
    """The cluster of a placed allocation."""
    if allocation.cluster_id is None:
        msg = f"{allocation.ref} has no cluster yet"
        raise LookupError(msg)
    return allocation.cluster_id


def space_of(allocation: Allocation) -> TenantNamespace:
    """The namespace of a placed allocation."""
    if allocation.namespace is None:
        msg = f"{allocation.ref} has no namespace yet"
        raise LookupError(msg)
    return allocation.namespace


def node_names(allocation: Allocation) -> tuple[str, ...]:
    """The nodes that an allocation's pods may run on: where it has commitments."""
    with scope(SYSTEM):
        held = Commitment.objects.filter(holder=allocation.holder, resource="cpu", committed__gt=0)
        return tuple(sorted(set(held.values_list("node_name", flat=True))))


def manifest_of(allocation: Allocation, *, nodes: tuple[str, ...], job_id: int) -> Object:
    """The object that keeps a workload alive, as it should be written now."""
    if allocation.cluster is None:
        msg = f"{allocation.ref} has no cluster yet"
        raise LookupError(msg)
    spec: dict[str, Any] = allocation.spec
    work = Workload(
        name=allocation.object_name,
        namespace=space_of(allocation).name,
        owner=owner_of(tenant_key=allocation.tenant_key, allocation=allocation),
        job_id=job_id,
        replicas=allocation.replicas,
        image=spec["image"],
        shape=allocation.shape,
        device_keys=granted_keys(
            cluster=allocation.cluster,
            resources=[key for key, amount in allocation.shape.items() if amount],
        ),
        nodes=nodes,
        tolerations=allocation.pool.tolerations,
        command=spec.get("command", []),
        args=spec.get("args", []),
        env=spec.get("env", {}),
        ports=spec.get("ports", []),
    )
    return indexed_job(work) if allocation.runs_as == RunsAs.COMPLETION else stateful_set(work)


def is_ours(found: Object, owner: Owner) -> bool:
    """Tell whether an object carries the owner's labels and was written by Berth's manager."""
    meta = found["metadata"]
    managers = {entry.get("manager") for entry in meta.get("managedFields") or ()}
    return owner.owns(meta.get("labels")) and FIELD_MANAGER in managers
