"""A large installation in rows: the fleet and the teams that the benchmarks measure against.

The world of the page tests, widened to 500 nodes, 20 tenants and 300 allocations that run, with
their pods and 30 requests that wait. Rows that have rules are made by the services.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle

from django.utils import timezone

from inventory.models import Cluster, Node, Pod, Pool
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.services.allocations import AllocationAsk, allocation_plan
from scheduling.services.quota import QuotaEdit, quota_set
from tenants.models import Tenant
from tenants.services.requests import RequestInput, request_draft_save, request_submit
from tenants.services.tree import tenant_create
from tests.browser.world import World, world_make
from tests.people import People, people_make
from tests.scheduling.pages.seed import A100, GIB, H100, hold, node_make, pod_make

FLEET = (("h100", H100), ("a100", A100), ("cpu", ""))  # pool and its device type
ORGANISATION = "dune"
FOREIGN_PODS_EACH = 9
QUOTA = {"cpu": 4_000_000, "memory": 40_000 * GIB}
DEVICES = 400


@dataclass(frozen=True, slots=True)
class Size:
    """How many there are in all: those of the page tests count for nodes and tenants."""

    nodes: int
    tenants: int
    allocations: int
    requests: int


LARGE = Size(nodes=500, tenants=20, allocations=300, requests=30)
TINY = Size(nodes=50, tenants=13, allocations=3, requests=1)


@dataclass(frozen=True, slots=True)
class BigWorld:
    """The people, and what stands for words in addresses."""

    people: People
    pages: World


def big_world_make(size: Size) -> BigWorld:
    """Write it all, committed; the large one takes about half a minute."""
    people = people_make()
    pages = world_make(people)
    with scope(Viewer.system("benchmarks")) as viewer:
        teams = _tenants(size.tenants, viewer)
        clusters = list(Cluster.objects.filter(name__in=["ams-1", "fra-2"]))
        nodes = _nodes(size.nodes, clusters, {pool.name: pool for pool in Pool.objects.all()})
        _quota(viewer, teams)
    _allocations(size.allocations, teams, nodes)
    _requests(size.requests, people)
    return BigWorld(people, pages)


def _tenants(wanted: int, viewer: Viewer) -> list[str]:
    """Keys of the projects of one more organisation, with which there are enough tenants."""
    tenant_create(
        key=ORGANISATION, title="Dune", kind="organisation", parent_key=None, viewer=viewer
    )
    keys = []
    for number in range(wanted - Tenant.objects.count()):
        key = f"{ORGANISATION}-{number}"
        tenant_create(key=key, title=key, kind="project", parent_key=ORGANISATION, viewer=viewer)
        keys.append(key)
    return keys


def _nodes(
    wanted: int, clusters: list[Cluster], pools: dict[str, Pool]
) -> dict[str, list[tuple[Cluster, str]]]:
    """Names of nodes by pool, each with its cluster and pods that are not Berth's."""
    made: dict[str, list[tuple[Cluster, str]]] = {name: [] for name in pools}
    kinds, places = cycle(FLEET), cycle(clusters)
    for number in range(wanted - Node.objects.count()):
        (pool, device), cluster = next(kinds), next(places)
        name = f"{cluster.name}-{pool}-{number + 100}"
        node_make(cluster, pools[pool], name, {device: 8} if device else {})
        made[pool].append((cluster, name))
    now = timezone.now()
    Pod.objects.bulk_create(
        Pod(
            cluster=cluster,
            uid=f"foreign-{node}-{number}",
            name=f"agent-{number}-{node}",
            namespace="kube-system",
            resource_version="1",
            seen_at=now,
            node_name=node,
            phase="Running",
            ready=True,
        )
        for rows in made.values()
        for cluster, node in rows
        for number in range(FOREIGN_PODS_EACH)
    )
    return made


def _quota(viewer: Viewer, teams: list[str]) -> None:
    edits = [
        QuotaEdit(tenant, pool, resource, amount * (len(teams) if tenant == ORGANISATION else 1))
        for pool, device in FLEET
        for resource, amount in (QUOTA | ({device: DEVICES} if device else {})).items()
        for tenant in (ORGANISATION, *teams)
    ]
    quota_set(edits=edits, why="Benchmark", viewer=viewer)


def _allocations(
    wanted: int, teams: list[str], nodes: dict[str, list[tuple[Cluster, str]]]
) -> None:
    """One replica on one node each, running."""
    places = {pool: cycle(rows) for pool, rows in nodes.items()}
    kinds = cycle(FLEET)
    for number, team in zip(range(wanted), cycle(teams), strict=False):
        pool, device = next(kinds)
        cluster, node = next(places[pool])
        ask = AllocationAsk(
            tenant_key=team,
            kind="workload",
            name=f"run-{number}",
            pool=pool,
            replicas=1,
            shape={"cpu": 4000, "memory": 32 * GIB} | ({device: 2} if device else {}),
            spec={"image": "registry.example/team/train:1"},
        )
        with scope(Viewer.system("benchmarks")) as viewer:
            planned = allocation_plan(ask=ask, viewer=viewer, not_before=None, deadline_at=None)
            held = hold(planned, cluster, [node], bound=True)
            pod_make(held, 0, node)


def _requests(wanted: int, people: People) -> None:
    now = timezone.now()
    for number in range(wanted):
        data = RequestInput(
            kind="allocation",
            ask={
                "kind": "workload",
                "name": f"ask-{number}",
                "pool": "h100",
                "replicas": 1 + number % 4,
                "shape": {"cpu": 8000, "memory": 64 * GIB, H100: 2},
                "runs_as": "service",
                "spec": {"image": "registry.example/team/train:1"},
            },
            until_at=now + timedelta(days=9),
            justification="Benchmark.",
        )
        with scope(people.alice.viewer) as viewer:
            draft = request_draft_save(tenant_key="vision", data=data, viewer=viewer, now=now)
            request_submit(request_id=draft.pk, viewer=viewer, now=now)
