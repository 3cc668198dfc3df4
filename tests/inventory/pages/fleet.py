"""A small fleet in the mirror: two clusters, six nodes, pools, devices, pods, watch states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from inventory.choices import ClusterState, FactKind, WatchPhase
from inventory.models import Cluster, Namespace, Node, Pod, WatchState
from inventory.services.devices import device_mapping_create, device_type_create
from inventory.services.pools import pool_create
from portal.scope import scope
from portal.viewer import Viewer

GIB = 2**30
SYSTEM = Viewer.system("tests")
ABILITIES = {
    "version": "v1.37.0",
    "pod_resize": True,
    "resource_versions": ["v1"],
    "resource_slices": 0,
    "metrics": False,
    "kueue": False,
    "validating_policies": True,
    "mutating_policies": True,
    "policies": {
        "ValidatingAdmissionPolicy berth-managed": "installed",
        "ValidatingAdmissionPolicy berth-open": "different",
    },
    "fenced": False,
}
RIGHTS = {
    "user": "system:serviceaccount:berth-system:berth",
    "read": True,
    "act": False,
    "renew": True,
    "everything": False,
    "own_account": True,
    "missing": [
        {
            "role": "berth-act",
            "group": "apps",
            "resource": "statefulsets",
            "verb": verb,
            "name": "",
        }
        for verb in ("create", "patch", "delete")
    ],
    "extra": [
        {"group": "", "resource": "secrets", "verb": "list", "name": "", "danger": True},
        {"group": "", "resource": "configmaps", "verb": "get", "name": "", "danger": False},
    ],
}


@dataclass(frozen=True, slots=True)
class Fleet:
    """What was made."""

    north: Cluster
    south: Cluster


def fleet_make(*, now: datetime | None = None) -> Fleet:
    """A connected cluster with a mirror of now, and one that has been silent for ten minutes."""
    now = now or timezone.now()
    with scope(SYSTEM):
        north = cluster_make("north", now)
        south = cluster_make("south", now - timedelta(minutes=10))
        for number in range(4):
            node_make(north, f"north-gpu-{number}", now, devices=8, zone="a")
        node_make(north, "north-cpu-0", now, devices=0, zone="b", schedulable=False)
        node_make(south, "south-gpu-0", now, devices=4, zone="a", ready=False)
        _divide()
        pod_make(north, "north-gpu-0", "train-0", "vision", now)
        pod_make(north, "north-gpu-0", "talk-0", "speech", now)
    return Fleet(north, south)


def cluster_make(name: str, heard_at: datetime) -> Cluster:
    """A connected cluster that was tested, with a watch of each kind."""
    cluster = Cluster.objects.create(
        name=name,
        title=f"{name.title()} hall",
        server_url=f"https://{name}.example:6443",
        state=ClusterState.CONNECTED,
        version="v1.37.0",
        abilities=ABILITIES,
        rights=RIGHTS,
        tested_at=heard_at,
        last_contact_at=heard_at,
        credential_user=RIGHTS["user"],
        credential_expires_at=heard_at + timedelta(days=3),
        sealed_credential=b"sealed-nonsense",
    )
    WatchState.objects.bulk_create(
        WatchState(
            cluster=cluster,
            kind=kind,
            state=WatchPhase.WATCHING,
            last_event_at=heard_at,
            last_list_at=heard_at,
        )
        for kind in FactKind
    )
    return cluster


def node_make(
    cluster: Cluster,
    name: str,
    now: datetime,
    *,
    devices: int,
    zone: str,
    ready: bool = True,
    schedulable: bool = True,
) -> Node:
    """A node as the mirror keeps it, not yet divided."""
    raw = {"cpu": 64_000, "memory": 512 * GIB, "pods": 110}
    raw |= {"nvidia.com/gpu": devices} if devices else {}
    labels = {"zone": zone} | ({"nvidia.com/gpu.product": "NVIDIA-H100-80GB"} if devices else {})
    return Node.objects.create(
        cluster=cluster,
        uid=f"uid-{cluster.name}-{name}",
        name=name,
        labels=labels,
        taints=[{"key": "gpu", "value": "", "effect": "NoSchedule"}] if devices else [],
        ready=ready,
        schedulable=schedulable,
        raw_allocatable=raw,
        raw_capacity=raw,
        allocatable=raw,
        capacity=raw,
        conditions=[{"type": "Ready", "status": str(ready), "reason": "KubeletReady"}],
        info={"kubelet_version": "v1.37.0", "os_image": "Flatcar", "architecture": "amd64"},
        resource_version="7",
        seen_at=now,
        created_at=now - timedelta(days=40),
    )


def pod_make(cluster: Cluster, node: str, name: str, tenant_key: str, now: datetime) -> Pod:
    """A running pod of a tenant."""
    space = f"berth-{tenant_key}"
    Namespace.objects.get_or_create(
        cluster=cluster,
        uid=f"ns-{cluster.pk}-{tenant_key}",
        defaults={
            "name": space,
            "tenant_key": tenant_key,
            "kind": "managed",
            "resource_version": "3",
            "seen_at": now,
        },
    )
    pod: Pod = Pod.objects.create(
        cluster=cluster,
        uid=f"pod-{cluster.pk}-{name}",
        name=name,
        namespace=space,
        tenant_key=tenant_key,
        node_name=node,
        phase="Running",
        ready=True,
        requests={"cpu": 8_000, "memory": 64 * GIB, "nvidia.com/gpu": 2},
        holder="41",
        owner_kind="StatefulSet",
        owner_name="train",
        resource_version="9",
        seen_at=now,
        started_at=now - timedelta(hours=3),
    )
    return pod


def _divide() -> None:
    device_type_create(name="h100-x", title="H100 SXM", vendor="NVIDIA", viewer=SYSTEM)
    device_mapping_create(
        device_type="h100-x",
        resource_key="nvidia.com/gpu",
        node_labels={"nvidia.com/gpu.product": "NVIDIA-H100-80GB"},
        viewer=SYSTEM,
    )
    zone_a = [{"key": "zone", "operator": "In", "values": ["a"]}]
    tolerations = [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]
    pool_create(
        name="gpu", title="GPU nodes", selector=zone_a, tolerations=tolerations, viewer=SYSTEM
    )
    pool_create(name="rest", title="All other nodes", viewer=SYSTEM)
