"""Makers of many rows: one for each list, quick, and as like the real ones as a list needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from inventory.choices import ClusterState
from inventory.models import Cluster, DeviceMapping, DeviceType, Node, Pod, Pool
from portal.models import AuditEntry, JobRun, Notice, SavedView
from scheduling.models import Allocation, Drift, QuotaNode
from tenants.models import ApiToken, CapacityRequest, Membership, Tenant
from tests.people import People
from tests.tenants.requests.harbour import allocation_input

DAY = timedelta(days=1)


def tokens(count: int, people: People, tenant_key: str | None = "vision") -> None:
    """Valid, of alice, in vision."""
    now = timezone.now()
    ApiToken.objects.bulk_create(
        ApiToken(
            tenant_id=tenant_key,
            name=f"pipeline {number}",
            public_id=f"{number:012d}",
            digest=b"0" * 32,
            pepper_number=1,
            scopes=["read", "allocation.release"],
            created_by=people.alice.user,
            created_at=now,
            expires_at=now + 30 * DAY,
            last_used_at=now,
            last_used_ip="192.0.2.7",
        )
        for number in range(count)
    )


def platform_tokens(count: int, people: People) -> None:
    """The same, of the platform."""
    tokens(count, people, None)


def people_made(count: int, _people: People) -> list[User]:
    """Accounts without a password."""
    return User.objects.bulk_create(
        User(username=f"person-{number:05d}", email=f"person-{number}@example.com", password="!")
        for number in range(count)
    )


def members(count: int, people: People) -> None:
    """Viewers of vision."""
    Membership.objects.bulk_create(
        Membership(tenant_id="vision", user=user, role="viewer")
        for user in people_made(count, people)
    )


def tenants(count: int, _people: People) -> None:
    """Organisations, in the tree of quota too."""
    Tenant.objects.bulk_create(
        Tenant(key=f"org-{n:05d}", title=f"Organisation {n}", kind="project", path=f"/org-{n:05d}/")
        for n in range(count)
    )
    first = 1 + (QuotaNode.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)
    QuotaNode.objects.bulk_create(
        QuotaNode(id=first + n, tenant_key=f"org-{n:05d}", path=f"/{first + n}/")
        for n in range(count)
    )


def quota(count: int, people: People) -> None:
    """Tenants in the grid of one pool."""
    pools(1, people)
    tenants(count, people)


def clusters(count: int, _people: People) -> list[Cluster]:
    """Connected."""
    return Cluster.objects.bulk_create(
        Cluster(
            name=f"site-{n}",
            title=f"Site {n}",
            server_url=f"https://site-{n}.example.com:6443",
            state=ClusterState.CONNECTED,
            last_contact_at=timezone.now(),
        )
        for n in range(count)
    )


def pools(count: int, _people: People) -> None:
    """Without nodes."""
    Pool.objects.bulk_create(
        Pool(name=f"pool-{n}", title=f"Pool {n}", ordering=n) for n in range(count)
    )


def nodes(count: int, people: People) -> None:
    """On one cluster."""
    (cluster,) = clusters(1, people)
    amounts = {"cpu": 96_000, "memory": 2**40, "pods": 110}
    Node.objects.bulk_create(
        Node(
            cluster=cluster,
            uid=f"uid-{n}",
            name=f"node-{n:05d}",
            resource_version="1",
            seen_at=timezone.now(),
            ready=True,
            allocatable=amounts,
            capacity=amounts,
        )
        for n in range(count)
    )


def pods(count: int, people: People) -> None:
    """On the first of the nodes, of vision."""
    nodes(1, people)
    Pod.objects.bulk_create(
        Pod(
            cluster=Cluster.objects.get(),
            uid=f"pod-{n}",
            name=f"train-{n:05d}",
            namespace="berth-vision",
            tenant_key="vision",
            node_name="node-00000",
            resource_version="1",
            seen_at=timezone.now(),
            phase="Running",
            ready=True,
            requests={"cpu": 1000, "memory": 2**30},
        )
        for n in range(count)
    )


def device_types(count: int, _people: People) -> None:
    """With a mapping each."""
    made = DeviceType.objects.bulk_create(
        DeviceType(name=f"type-{n}", title=f"Accelerator {n}") for n in range(count)
    )
    DeviceMapping.objects.bulk_create(
        DeviceMapping(device_type=each, resource_key=f"example.com/type-{n}")
        for n, each in enumerate(made)
    )


def allocations(count: int, _people: People) -> list[Allocation]:
    """Active, of vision, each with drift and a job."""
    pool = Pool.objects.create(name="lists", title="Lists", ordering=999)
    made = Allocation.objects.bulk_create(
        Allocation(
            tenant_key="vision",
            kind="workload",
            name=f"train-{n:05d}",
            state="active",
            pool=pool,
            replicas=2,
            shape={"cpu": 1000},
            charged={"cpu": 2000},
            spec={"image": "registry.example/x:1"},
            created_by="alice",
            until_at=timezone.now() + 3 * DAY,
        )
        for n in range(count)
    )
    JobRun.objects.bulk_create(_job(f"allocation:{each.pk}") for each in made)
    return made


def drifts(count: int, people: People) -> None:
    """Open, one for each allocation."""
    (cluster,) = clusters(1, people)
    Drift.objects.bulk_create(
        Drift(
            tenant_key="vision",
            allocation=each,
            cluster=cluster,
            kind="changed",
            object_kind="StatefulSet",
            object_ref=f"berth-vision/{each.name}",
            manager="kubectl-edit",
        )
        for each in allocations(count, people)
    )


def jobs(count: int, _people: People) -> None:
    """Waiting, of vision."""
    JobRun.objects.bulk_create(_job(f"key-{n}") for n in range(count))


def _job(key: str) -> JobRun:
    return JobRun(
        kind="allocation.release",
        key=key,
        tenant_key="vision",
        queue="default",
        requested_by_label="alice",
        step_count=3,
    )


def requests(count: int, people: People) -> None:
    """Submitted, of vision."""
    Pool.objects.get_or_create(name="h100", defaults={"title": "H100", "ordering": 0})
    now, ask = timezone.now(), allocation_input().ask
    CapacityRequest.objects.bulk_create(
        CapacityRequest(
            tenant_id="vision",
            kind="allocation",
            state="submitted",
            ask=ask | {"name": f"n{n}"},
            deadline_at=now + 2 * DAY + timedelta(minutes=n),
            submitted_at=now,
            created_by_id=people.alice.user.pk,
            created_by_label="alice",
        )
        for n in range(count)
    )


def notices(count: int, people: People) -> None:
    """Unread, alice's."""
    Notice.objects.bulk_create(
        Notice(
            user_id=people.alice.user.pk,
            tenant_key="vision",
            kind="member.changed",
            params={"tenant": "Vision", "who": "operator"},
            url="/t/vision/",
        )
        for _n in range(count)
    )


def views(count: int, people: People) -> None:
    """Kept by alice."""
    SavedView.objects.bulk_create(
        SavedView(user_id=people.alice.user.pk, name=f"View {n}", path="/jobs/", query=f"page={n}")
        for n in range(count)
    )


def acts(count: int, _people: People) -> None:
    """Of the audit log."""
    values: dict[str, Any] = {"actor_label": "operator", "actor_kind": "user", "verb": "pool.edit"}
    AuditEntry.objects.bulk_create(
        AuditEntry(**values, target_type="pool", target_id=str(n), tenant_key="vision")
        for n in range(count)
    )
