"""Put the world together, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from inventory.choices import ClusterState
from inventory.models import Cluster, DeviceMapping, DeviceType, Namespace, Node, Pool
from portal import audit
from portal.jobs.requests import job_request
from portal.models import AuditEntry, JobRun, Notice, SavedView
from portal.notices.notify import notify
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Quota
from scheduling.services.quota import QuotaEdit, quota_set
from tenants.models import ApiToken, CapacityRequest
from tests.scheduling.pages.seed import GIB, H100, cluster_make, node_make
from tests.surface.world.asks import asks_make
from tests.surface.world.holdings import Holdings, Site, holdings_make
from tests.surface.world.marks import ALPHA, BRAVO, MISSING, MISSING_ID, ORDER, text_of
from tests.surface.world.people import Crew, crew_make

SYSTEM = Viewer.system("tests")
QUOTA = {H100: 10, "cpu": 64_000, "memory": 256 * GIB}
NODES = ("node-1", "node-2", "node-3")


@dataclass(frozen=True, slots=True)
class World:
    """Everything; `ids[whose][what]` is what stands in an address or a field."""

    crew: Crew
    holdings: dict[str, Holdings]
    asks: dict[str, dict[str, CapacityRequest]]
    ids: dict[str, dict[str, Any]] = field(default_factory=dict)


def world_make() -> World:
    """Tenants alpha and bravo with the same rows each, so that each can be the stranger."""
    now = timezone.now()
    crew = crew_make()
    with scope(SYSTEM):
        site = _site()
        _quota_give()
        world = World(crew, {}, {})
        for key in (ALPHA, BRAVO):
            world.holdings[key] = holdings_make(key, site, SYSTEM)
        _platform_rows(site)
    deciders = crew.someone("operator").viewer
    for key, asker in ((ALPHA, "member"), (BRAVO, "other")):
        world.asks[key] = asks_make(
            key,
            asker=crew.someone(asker).viewer,
            decider=deciders,
            held=world.holdings[key].allocations["active"],
            now=now,
        )
    with scope(SYSTEM):
        _told(crew)
        for key in (ALPHA, BRAVO):
            world.ids[key] = _ids(world, key)
        world.ids[MISSING] = _nobody(world.ids[ALPHA])
    return world


def _site() -> Site:
    now = timezone.now()
    device = DeviceType.objects.create(name=H100, title="H100 SXM 80 GB", vendor="NVIDIA")
    DeviceMapping.objects.create(
        device_type=device, resource_key="nvidia.com/gpu", node_labels={"model": "train"}
    )
    cluster = cluster_make("hall-1", seen=now - timedelta(seconds=7))
    cluster.sealed_credential = b"sealed-nonsense"
    cluster.login = {"server": "https://hall-1.example.com:6443", "ca_pem": "", "exec": {}}
    cluster.save()
    cluster_make("spare-2", seen=now - timedelta(seconds=9))
    paused = cluster_make("paused-3", seen=now - timedelta(hours=9))
    Cluster.objects.filter(pk=paused.pk).update(state=ClusterState.PAUSED)
    pool = Pool.objects.create(name="train", title="H100 train", ordering=0)
    Pool.objects.create(name="empty", title="Empty", ordering=1)
    for name in NODES:
        node_make(cluster, pool, name, {H100: 8})
    Namespace.objects.create(
        cluster=cluster,
        uid="ns-legacy",
        name="legacy-batch",
        phase="Active",
        resource_version="1",
        seen_at=now,
    )
    return Site(cluster, pool, NODES, now)


def _quota_give() -> None:
    for key in ORDER:
        edits = [
            QuotaEdit(key, "train", name, amount * (2 if key in ORDER[::2] else 1))
            for name, amount in QUOTA.items()
        ]
        quota_set(edits=edits, why=f"Plan of {text_of(key)}", viewer=SYSTEM)


def _platform_rows(site: Site) -> None:
    job_request(
        kind="cluster.test",
        key=f"cluster:{site.cluster.pk}:test",
        viewer=SYSTEM,
        args={"cluster_id": site.cluster.pk},
    )


def _told(crew: Crew) -> None:
    for key, person in ((ALPHA, "owner"), (BRAVO, "other")):
        word = text_of(key)
        notify(
            kind="member.changed",
            users=[crew.someone(person).user.pk],
            tenant_key=key,
            params={"tenant": word, "who": f"{word} person"},
            url=f"/t/{key}/",
        )
        audit.record(
            viewer=SYSTEM,
            verb="allocation.note",
            target_type="allocation",
            target_id=word,
            tenant_key=key,
            before={"note": f"old {word}"},
            after={"note": f"new {word}"},
            reason=f"Because {word}.",
        )


def _ids(world: World, key: str) -> dict[str, Any]:
    held, asked = world.holdings[key], world.asks[key]
    owner = world.crew.someone("owner" if key == ALPHA else "other").user
    member = world.crew.someone("member" if key == ALPHA else "other_member").user
    quota = Quota.objects.get(tenant_key=key, resource=H100)
    token = ApiToken.objects.filter(tenant_id=key).order_by("pk")[0]
    notice = Notice.objects.filter(user_id=owner.pk).order_by("pk")[0]
    node = Node.objects.get(name=NODES[0])
    view = SavedView.objects.create(
        user_id=owner.pk, name=f"{text_of(key)} view", path=f"/t/{key}/jobs/", query="state=failed"
    )
    found: dict[str, Any] = {f"{name}_allocation": row.pk for name, row in held.allocations.items()}
    found |= {f"{name}_job": row.pk for name, row in held.jobs.items()}
    found |= {f"{name}_request": row.pk for name, row in asked.items()}
    return found | {
        "tenant": key,
        "leaf": f"{key}-leaf",
        "old": f"{key}-old",
        "newcomer": "alice",
        "allocation": held.allocations["active"].pk,
        "job": held.jobs["coming"].pk,
        "request": asked["waiting"].pk,
        "drift": held.drift.pk,
        "quota": quota.pk,
        "generation": quota.generation,
        "token": token.pk,
        "token_public": token.public_id,
        "user": member.pk,
        "owner": owner.pk,
        "username": member.username,
        "email": member.email,
        "notice": notice.pk,
        "saved_view": view.pk,
        "namespace": held.namespace.name,
        "audit": _audit_id(key),
        "cluster": "hall-1",
        "spare": "spare-2",
        "paused": "paused-3",
        "cluster_id": node.cluster_id,
        "node": node.name,
        "pool": "train",
        "empty_pool": "empty",
        "device": H100,
        "mapping": DeviceMapping.objects.get().pk,
        "platform_token": ApiToken.objects.get(tenant=None).pk,
        "platform_token_public": ApiToken.objects.get(tenant=None).public_id,
        "platform_job": JobRun.objects.get(kind="cluster.test").pk,
        "tab": "members",
        "word": "abc",
    }


def _audit_id(key: str) -> int:
    return AuditEntry.objects.filter(tenant_key=key, verb="allocation.note")[0].pk


def _nobody(like: dict[str, Any]) -> dict[str, Any]:
    """Ids of nothing; numbers have as many digits as those of rows."""
    words = {
        "tenant": MISSING,
        "leaf": f"{MISSING}-leaf",
        "old": f"{MISSING}-old",
        "username": f"{MISSING}-member",
        "email": f"{MISSING}-member@{MISSING}.example.com",
        "token_public": "zzzzzzzzzzzz",
        "namespace": f"{MISSING}-batch",
        "tab": like["tab"],  # a place on the page, and no id
    }
    return {
        name: words.get(name, MISSING_ID if isinstance(value, int) else f"no-{value}"[:40])
        for name, value in like.items()
    }
