"""The demonstration's working day, made by the same services that people's clicks reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from inventory.models import Pool
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.choices import AllocationState
from scheduling.models import Allocation, Quota
from tenants.choices import Role
from tenants.choices_requests import RequestKind, RequestState
from tenants.demo import PEOPLE
from tenants.demo_day import ASKED, HELD, QUOTA, DayAsk, DayQuota
from tenants.demo_pools import POOLS
from tenants.models import CapacityRequest
from tenants.selectors.viewers import viewer_for_user
from tenants.services.demo_fleet import pieces
from tenants.services.requests import (
    RequestInput,
    request_approve,
    request_counter,
    request_draft_save,
    request_reject,
    request_submit,
    request_withdraw,
)

DAY = Viewer.system("demo_day")
OPERATOR = "operator-night"
SETTLED = {AllocationState.ACTIVE, AllocationState.DEGRADED, AllocationState.FAILED}
POOL_OF = {pool.name: pool for pool in POOLS}


@dataclass(frozen=True, slots=True)
class DayState:
    """How far the day has come up: allocations that stand, of those that were approved.

    `coming` names the others, as tenant/name.
    """

    standing: int
    total: int
    coming: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = f"{self.standing} of {self.total} allocations stand"
        if not self.coming:
            return said
        more = f" and {len(self.coming) - 2} more" if len(self.coming) > 2 else ""
        return f"{said}; still coming up: {', '.join(self.coming[:2])}{more}"


def day_make(*, now: datetime) -> int:
    """Ask and decide what nobody has asked for yet; return how many requests were made.

    Each request is a transaction of its own: a second run goes on where a first one was ended.
    """
    with scope(DAY):
        known = {
            (str(row.tenant_id), row.ask.get("name") or row.ask.get("pool"))
            for row in CapacityRequest.objects.only("tenant_id", "ask")
        }
        pools = set(Pool.objects.values_list("name", flat=True))
    made = 0
    for ask in (*HELD, *ASKED):
        if ask.pool in pools and (ask.tenant, ask.name) not in known:
            _ask_make(ask, now)
            made += 1
    for more in QUOTA:
        if more.pool in pools and (more.tenant, more.pool) not in known:
            _quota_ask(more, now)
            made += 1
    return made


def day_state() -> DayState:
    """Count what the day's approved requests have become, without those that start later."""
    names = {(ask.tenant, ask.name) for ask in HELD}
    with scope(DAY):
        rows = list(Allocation.objects.values_list("tenant_key", "name", "state"))
    held = [row for row in rows if row[:2] in names]
    coming = sorted(f"{tenant}/{name}" for tenant, name, state in held if state not in SETTLED)
    return DayState(len(held) - len(coming), len(held), tuple(coming))


def asker_of(tenant_key: str) -> Viewer:
    """The demonstration's person who asks for a tenant: its owner."""
    owners = {p.tenant_key: p.username for p in PEOPLE if p.role == Role.OWNER}
    return _viewer(owners[tenant_key])


def ask_body(*, name: str, pool: str, replicas: int, each: int, **more: Any) -> dict[str, Any]:
    """The `ask` of an allocation with whole pieces of a pool."""
    image = f"registry.example/{name}:1"
    return {
        "kind": "workload",
        "name": name,
        "pool": pool,
        "replicas": replicas,
        "shape": pieces(POOL_OF[pool], each),
        "spec": {} if more.get("kind") == "open" else {"image": image},
        **more,
    }


def ask_submit(*, tenant_key: str, data: RequestInput, now: datetime) -> CapacityRequest:
    """Ask as the tenant's person would."""
    with scope(asker_of(tenant_key)) as viewer:
        draft = request_draft_save(tenant_key=tenant_key, data=data, viewer=viewer, now=now)
        return request_submit(request_id=draft.pk, viewer=viewer, now=now)


def _viewer(username: str) -> Viewer:
    return viewer_for_user(User.objects.get(username=username).pk)


def _ask_make(ask: DayAsk, now: datetime) -> None:
    data = RequestInput(
        kind=RequestKind.ALLOCATION,
        ask=ask_body(
            name=ask.name, pool=ask.pool, replicas=ask.replicas, each=ask.each, kind=ask.kind
        ),
        start_at=_later(now, ask.starts),
        until_at=_later(now, ask.lasts),
        priority=ask.priority,
        preemptible=ask.preemptible,
        justification=ask.why,
    )
    made = ask_submit(tenant_key=ask.tenant, data=data, now=now)
    if made.state == RequestState.SUBMITTED:
        ENDINGS[ask.ending](ask, made, now)


def _quota_ask(more: DayQuota, now: datetime) -> None:
    pool = POOL_OF[more.pool]
    with scope(DAY):
        rows = Quota.objects.filter(tenant_key=more.tenant, pool__name=more.pool)
        held = dict(rows.values_list("resource", "guaranteed"))
    wanted = {name: held.get(name, 0) + plus for name, plus in pieces(pool, more.more).items()}
    ask = {"pool": more.pool, "guaranteed": wanted}
    data = RequestInput(kind=RequestKind.QUOTA, ask=ask, justification=more.why)
    ask_submit(tenant_key=more.tenant, data=data, now=now)


def _approve(_ask: DayAsk, made: CapacityRequest, now: datetime) -> None:
    with scope(_viewer(OPERATOR)) as viewer:
        request_approve(request_id=made.pk, viewer=viewer, now=now)


def _reject(ask: DayAsk, made: CapacityRequest, now: datetime) -> None:
    with scope(_viewer(OPERATOR)) as viewer:
        request_reject(request_id=made.pk, reason=ask.said, viewer=viewer, now=now)


def _offer(ask: DayAsk, made: CapacityRequest, now: datetime) -> None:
    with scope(_viewer(OPERATOR)) as viewer:
        request_counter(
            request_id=made.pk,
            ask={"replicas": ask.offer},
            until_at=None,
            reason=ask.said,
            viewer=viewer,
            now=now,
        )


def _withdraw(ask: DayAsk, made: CapacityRequest, now: datetime) -> None:
    with scope(asker_of(ask.tenant)) as viewer:
        request_withdraw(request_id=made.pk, viewer=viewer, now=now)


def _leave(_ask: DayAsk, _made: CapacityRequest, _now: datetime) -> None:
    """It waits for whoever looks at the demonstration."""


ENDINGS: dict[str, Callable[[DayAsk, CapacityRequest, datetime], None]] = {
    "approve": _approve,
    "leave": _leave,
    "offer": _offer,
    "reject": _reject,
    "withdraw": _withdraw,
}


def _later(now: datetime, hours: int) -> datetime | None:
    return now + timedelta(hours=hours) if hours else None
