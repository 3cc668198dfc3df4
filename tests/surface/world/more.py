"""More of everything for the stranger, without taking room that both share."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from inventory.models import Namespace, Pod
from portal import audit
from portal.models import JobLog
from portal.notices.notify import notify
from portal.scope import scope
from scheduling.models import Drift
from tenants.models import Tenant
from tenants.services.members import member_add
from tenants.services.platform import user_create
from tenants.services.requests import request_submit
from tests.people import PASSWORD
from tests.surface.world.everything import SYSTEM, World
from tests.surface.world.holdings import plan_make
from tests.surface.world.marks import BRAVO
from tests.surface.world.people import token_make

COPIES = 3


def more_make(world: World) -> None:
    """Allocations, jobs, requests, tokens, members, facts, audit entries and notices."""
    other = world.crew.someone("other")
    now = timezone.now()
    for number in range(COPIES):
        token_make(other, BRAVO, ["read"])
        with scope(SYSTEM):
            made = plan_make(BRAVO, f"more-{number}", SYSTEM)
            _facts_copy(number)
            JobLog.objects.create(
                job=world.holdings[BRAVO].jobs["coming"], step="x", level="info", text="More"
            )
            Drift.objects.create(
                tenant_key=BRAVO,
                allocation=made,
                cluster=world.holdings[BRAVO].drift.cluster,
                kind="missing",
                object_kind="StatefulSet",
                object_ref=f"more/{number}",
            )
            user = user_create(
                username=f"more-{number}", email="", password=PASSWORD, viewer=SYSTEM
            )
            member_add(tenant_key=BRAVO, user_name=user.username, role="viewer", viewer=SYSTEM)
            audit.record(
                viewer=SYSTEM, verb="x.y", target_type="x", target_id=number, tenant_key=BRAVO
            )
            notify(kind="member.changed", users=[other.user.pk], tenant_key=BRAVO)
    with scope(other.viewer) as viewer:
        draft = world.asks[BRAVO]["draft"]
        request_submit(request_id=draft.pk, viewer=viewer, now=now + timedelta(seconds=1))
    with scope(SYSTEM):
        Tenant.objects.filter(key=BRAVO).update(auto_approve_limits={"train": {"cpu": 1000}})


def _facts_copy(number: int) -> None:
    for model in (Pod, Namespace):
        row = model.objects.filter(tenant_key=BRAVO)[0]
        row.pk, row.uid, row.name = None, f"more-{number}-{row.uid}", f"more-{number}"
        row.save(force_insert=True)
