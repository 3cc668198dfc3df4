"""More of a fleet than the pages' seed has: clusters in every state, nodes of three pools."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from inventory.choices import ClusterState
from inventory.models import Cluster, DeviceMapping, DeviceType, Namespace, Node, Pod, Pool
from scheduling.models import NodeCommitment
from tests.inventory.pages.fleet import ABILITIES, RIGHTS
from tests.scheduling.pages.seed import A100, GIB, H100, Seed, cluster_make, node_make

KEY = "nvidia.com/gpu"
PRODUCTS = {H100: "NVIDIA-H100-80GB-HBM3", A100: "NVIDIA-A100-SXM4-40GB"}
ZONES = ("ams-a", "ams-b")
FOREIGN = ("kube-system", "monitoring", "ingress-nginx", "legacy-batch")


def fleet_widen(seed: Seed) -> None:
    """A second big cluster, one whose credential ended, one not set up; labels, pods, devices."""
    now = timezone.now()
    fra = cluster_make("fra-2", seen=now - timedelta(seconds=11))
    for number in range(10):
        node_make(fra, seed.pools["a100"], f"fra2-a100-{number + 1:02d}", {A100: 8})
    for number in range(6):
        node_make(fra, seed.pools["cpu"], f"fra2-cpu-{number + 1}", {})
    osl = cluster_make("osl-4", seen=now - timedelta(hours=5))
    Cluster.objects.filter(pk=osl.pk).update(
        state=ClusterState.CREDENTIAL_EXPIRED, state_since=now - timedelta(hours=5)
    )
    Cluster.objects.create(
        name="waw-5", title="Warsaw 5", server_url="https://waw-5.example.com:6443"
    )
    _titles(seed, fra, now)
    _devices()
    _pools()
    _nodes_describe(now)
    _foreign_pods(fra, now)


def _titles(seed: Seed, fra: Cluster, now: datetime) -> None:
    for name, title, labels in (
        ("ams-1", "Amsterdam 1", {"region": "eu-west", "owner": "platform"}),
        ("fra-2", "Frankfurt 2", {"region": "eu-central", "owner": "platform"}),
        ("lab-3", "Laboratory 3", {"region": "on-site"}),
        ("osl-4", "Oslo 4", {}),
    ):
        Cluster.objects.filter(name=name).update(
            title=title,
            labels=labels,
            credential_user=str(RIGHTS["user"]),
            credential_made_at=now - timedelta(days=4),
            credential_expires_at=now + timedelta(days=3),
            sealed_credential=b"sealed-nonsense",
            tested_at=now - timedelta(minutes=40),
        )
    full = RIGHTS | {"act": True, "missing": [], "extra": []}
    fenced = ABILITIES | {"fenced": True, "berth_policies": True, "metrics": True}
    installed = dict.fromkeys(ABILITIES["policies"], "installed")
    Cluster.objects.filter(pk=fra.pk).update(
        abilities=fenced | {"policies": installed}, rights=full
    )
    Cluster.objects.filter(pk=seed.cluster.pk).update(
        abilities=ABILITIES | {"berth_policies": True}, rights=RIGHTS
    )
    Cluster.objects.filter(name="lab-3").update(abilities=fenced, rights=full)


def _devices() -> None:
    for name, product in PRODUCTS.items():
        kind = DeviceType.objects.get(name=name)
        memory = (80 if name == H100 else 40) * GIB
        DeviceType.objects.filter(pk=kind.pk).update(vendor="NVIDIA", memory_bytes=memory)
        DeviceMapping.objects.create(
            device_type=kind, resource_key=KEY, node_labels={"nvidia.com/gpu.product": product}
        )


def _pools() -> None:
    """What makes the pools: labels of their nodes, and tolerations of what stands there."""
    tolerated = [{"key": KEY, "operator": "Exists", "effect": "NoSchedule"}]
    for name, device in (("h100", H100), ("a100", A100)):
        term = {"key": "nvidia.com/gpu.product", "operator": "In", "values": [PRODUCTS[device]]}
        Pool.objects.filter(name=name).update(selector=[term], tolerations=tolerated)
    term = {"key": "nvidia.com/gpu.product", "operator": "DoesNotExist", "values": []}
    Pool.objects.filter(name="cpu").update(selector=[term])


def _nodes_describe(now: datetime) -> None:
    """What a cluster says about its nodes; one is cordoned, one starts up, one has an odd key."""
    for number, node in enumerate(Node.objects.order_by("cluster_id", "name")):
        devices = next((name for name in PRODUCTS if name in node.allocatable), "")
        raw = {key: node.allocatable[key] for key in ("cpu", "memory", "pods")}
        if devices:
            raw[KEY] = node.allocatable[devices]
        if node.name == "fra2-cpu-1":  # a key that no mapping explains
            raw["habana.ai/gaudi"] = 8
            node.allocatable = node.capacity = {**node.capacity, "habana.ai/gaudi": 8}
        node.raw_allocatable = node.raw_capacity = raw
        node.labels = {
            "topology.kubernetes.io/zone": ZONES[number % 2],
            "berth.dev/rack": f"r{number // 8 + 1:02d}",
            "kubernetes.io/hostname": node.name,
        } | ({"nvidia.com/gpu.product": PRODUCTS[devices]} if devices else {})
        node.taints = [{"key": KEY, "value": "present", "effect": "NoSchedule"}] if devices else []
        reason = "KubeletReady" if node.ready else "NodeStatusUnknown"
        node.conditions = [
            {"type": "Ready", "status": "True" if node.ready else "Unknown", "reason": reason},
            {"type": "MemoryPressure", "status": "False", "reason": "KubeletHasSufficientMemory"},
        ]
        node.info = {
            "kubelet_version": "v1.37.2",
            "os_image": "Flatcar Container Linux 4230.2.1",
            "architecture": "amd64",
        }
        node.created_at = now - timedelta(days=90 - number)
        node.pool_label = node.pool.name if node.pool and number % 9 else ""
        node.schedulable = node.name != "ams1-h100-12"
        node.save()
    Node.objects.filter(name="fra2-cpu-6").update(pool=None, ready=False)


def _foreign_pods(fra: Cluster, now: datetime) -> None:
    """Namespaces that nobody claimed, and pods in them that take room."""
    for number, name in enumerate(FOREIGN):
        Namespace.objects.create(
            cluster=fra,
            uid=f"ns-{name}",
            name=name,
            phase="Active",
            resource_version="1",
            seen_at=now,
            created_at=now - timedelta(days=80),
        )
        for copy in range(3):
            node = f"fra2-a100-{(number * 3 + copy) % 10 + 1:02d}"
            Pod.objects.create(
                cluster=fra,
                uid=f"pod-{name}-{copy}",
                name=f"{name}-{copy}",
                namespace=name,
                node_name=node,
                phase="Running",
                ready=True,
                requests={"cpu": 4000, "memory": 16 * GIB, KEY: 1},
                owner_kind="DaemonSet",
                owner_name=name,
                resource_version="1",
                seen_at=now,
                started_at=now - timedelta(days=copy + 1, hours=number),
            )
            rows = NodeCommitment.objects.filter(cluster=fra, node_name=node)
            rows.filter(resource="cpu").update(foreign=4000)
            rows.filter(resource=A100).update(foreign=1)
