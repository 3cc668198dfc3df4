"""Put the world together."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from inventory.models import Cluster
from portal.jobs.requests import job_request
from portal.models import JobRun
from portal.models.jobs import JobState
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Drift, Quota
from scheduling.services.quota import QuotaEdit, quota_set
from tenants.models import ApiToken
from tenants.services.members import member_add
from tenants.services.platform import user_create
from tenants.services.tokens import token_create
from tenants.services.tree import tenant_create
from tests.browser.world.asks import Asks, asks_make
from tests.browser.world.factors import Confirmed, Halfway, factor_add
from tests.browser.world.fleet import fleet_widen
from tests.people import PASSWORD, People, Someone
from tests.scheduling.pages.seed import A100, GIB, H100, Seed, seed_make

SYSTEM = Viewer.system("tests")
MORE_TENANTS = (
    ("robotics", "Robotics", "project", "aurora"),
    ("climate", "Climate Models", "project", "aurora"),
    ("vision-detect", "Detection", "project", "vision"),
    ("vision-video", "Video Understanding", "project", "vision"),
    ("translate", "Translation", "project", "borealis"),
    ("cascade", "Cascade Industries", "organisation", None),
    ("forecast", "Demand Forecast", "project", "cascade"),
)
# pool, resource: amounts of tenants
MORE_QUOTA = {
    ("h100", H100): {"robotics": 4, "vision-detect": 4, "borealis": 64, "cascade": 96},
    ("h100", "cpu"): {"robotics": 32_000, "borealis": 768_000, "cascade": 960_000},
    ("h100", "memory"): {"robotics": 256 * GIB, "borealis": 6144 * GIB, "cascade": 8192 * GIB},
    ("a100", A100): {"aurora": 40, "vision": 16, "robotics": 16, "borealis": 24, "speech": 24},
    ("a100", "memory"): {"aurora": 4096 * GIB, "vision": 1536 * GIB, "borealis": 2048 * GIB},
    ("a100", "cpu"): {"aurora": 480_000, "vision": 192_000, "borealis": 240_000},
    ("cpu", "cpu"): {"aurora": 384_000, "vision": 96_000, "cascade": 192_000, "forecast": 96_000},
    ("cpu", "memory"): {"aurora": 3072 * GIB, "vision": 768 * GIB, "cascade": 1024 * GIB},
}


@dataclass(frozen=True, slots=True)
class World:
    """Everything by name.

    `confirmed` has no second factor, `guarded` has one, and `halfway` is the same person before
    the code is given.
    """

    people: People
    member: Someone
    confirmed: Someone
    guarded: Someone
    halfway: Someone
    seed: Seed
    asks: Asks
    drift: Drift
    quota: Quota
    job_done: JobRun
    job_parked: JobRun
    job_failed: JobRun
    token: ApiToken

    def names(self) -> dict[str, object]:
        """What stands for `{word}` in an address of the sweep."""
        found: dict[str, object] = {f.name: getattr(self.asks, f.name).pk for f in fields(Asks)}
        held = ("active", "coming", "waiting", "opened", "failed")
        found |= {f"{name}_allocation": getattr(self.seed, name).pk for name in held}
        jobs = {"job": self.seed.job, "job_done": self.job_done}
        jobs |= {"job_parked": self.job_parked, "job_failed": self.job_failed}
        found |= {name: job.pk for name, job in jobs.items()}
        user = self.member.user.pk
        return found | {"quota_row": self.quota.pk, "user": user, "drift": self.drift.pk}


def world_make(people: People) -> World:
    """Write it all, committed or within the caller's transaction."""
    now = timezone.now()
    member, guarded = _tenants_and_people()
    factor_add(guarded)
    seed = seed_make(more_nodes=18)
    with scope(SYSTEM) as viewer:
        fleet_widen(seed)
        _quota_give(viewer)
    asks = asks_make(people, member, seed.active, now)
    with scope(SYSTEM):
        _cluster_test_ask(seed.cluster)
        return World(
            people=people,
            member=member,
            confirmed=Confirmed(people.alice.user),
            guarded=Confirmed(guarded),
            halfway=Halfway(guarded),
            seed=seed,
            asks=asks,
            drift=Drift.objects.get(),
            quota=Quota.objects.get(tenant_key="vision", pool__name="h100", resource=H100),
            job_done=JobRun.objects.filter(state=JobState.SUCCEEDED)[0],
            job_parked=JobRun.objects.filter(state=JobState.PARKED)[0],
            job_failed=JobRun.objects.filter(state=JobState.COMPENSATED)[0],
            token=_tokens_make(people),
        )


def _tenants_and_people() -> tuple[Someone, User]:
    with scope(SYSTEM) as viewer:
        for key, title, kind, parent in MORE_TENANTS:
            tenant_create(key=key, title=title, kind=kind, parent_key=parent, viewer=viewer)
        made = {
            name: user_create(
                username=name, email=f"{name}@example.com", password=PASSWORD, viewer=viewer
            )
            for name in ("dana", "erik", "farida")
        }
        for tenant, name, role in (
            ("vision", "dana", "member"),
            ("aurora", "erik", "owner"),
            ("vision-detect", "farida", "owner"),
            ("robotics", "farida", "member"),
        ):
            member_add(tenant_key=tenant, user_name=name, role=role, viewer=viewer)
    return Someone(made["dana"]), made["erik"]


def _quota_give(viewer: Viewer) -> None:
    edits = [
        QuotaEdit(tenant, pool, resource, amount)
        for (pool, resource), amounts in MORE_QUOTA.items()
        for tenant, amount in amounts.items()
    ]
    quota_set(edits=edits, why="Plan for the fourth quarter", viewer=viewer)


def _cluster_test_ask(cluster: Cluster) -> None:
    job_request(
        kind="cluster.test",
        key=f"cluster:{cluster.pk}:test",
        viewer=SYSTEM,
        args={"cluster_id": cluster.pk},
    )


def _tokens_make(people: People) -> ApiToken:
    now = timezone.now()
    with scope(people.alice.viewer) as viewer:
        for name, scopes, days in (
            ("continuous integration", ("request.create", "request.view"), 90),
            ("dashboard", ("allocation.view", "quota.view"), 30),
        ):
            made, _text = token_create(
                name=name,
                tenant_key="vision",
                scopes=scopes,
                expires_at=now + timedelta(days=days),
                viewer=viewer,
                now=now,
            )
    return made
