"""What would become of an ask if it were placed now; reserves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from inventory.models import Cluster, Pool
from portal.refusal import Refusal
from portal.viewer import Viewer
from scheduling import rules
from scheduling.engine import (
    Amounts,
    Ask,
    Check,
    Decision,
    NodeView,
    Placement,
    Policy,
    QuotaLevel,
    Snapshot,
    Verdict,
    decide,
)
from scheduling.selectors.refusals import (
    refusal_masked,
    refusal_of_open,
    refusal_of_quota,
    refusal_of_room,
    refusal_of_size,
    scope_hidden,
)
from scheduling.selectors.snapshot import facts_at, snapshot_build


@dataclass(frozen=True, slots=True)
class QuotaEffect:
    """The tenant's own quota of one resource, before and after."""

    resource: str
    before: int
    after: int
    guaranteed: int


@dataclass(frozen=True, slots=True)
class Preview:
    """An answer to show while somebody types.

    Checks of parents that the viewer can't see carry no numbers. `refused` counts the nodes that
    take nothing, by reason code; `facts_at` is when the cluster heard
    of longest ago was heard of, among those that take something. `largest` is
    the greatest number of replicas, up to the one asked for, that would fit now. `nodes` are
    the nodes of the placements as they stand before it.
    """

    verdict: Verdict
    checks: tuple[Check, ...]
    refusal: Refusal | None
    placements: tuple[Placement, ...]
    effects: tuple[QuotaEffect, ...]
    refused: dict[str, int]
    facts_at: datetime | None
    largest: int = 0
    nodes: tuple[NodeView, ...] = ()


def preview(
    *,
    tenant_key: str,
    pool: Pool,
    cluster: Cluster | None,
    replicas: int,
    shape: dict[str, int],
    viewer: Viewer,
    is_open: bool = False,
) -> Preview:
    """Decide on the mirrored facts; needs an open scope that sees the tenant."""
    ask = ask_build(
        tenant_key, replicas, shape, cluster=cluster.name if cluster else None, is_open=is_open
    )
    snapshot = snapshot_build(pool=pool, tenant_key=tenant_key, for_open=is_open)
    names = [view.name for view in snapshot.clusters]
    heard = dict(
        Cluster.objects.present().filter(name__in=names).values_list("name", "last_contact_at")
    )
    return preview_of(snapshot=snapshot, ask=ask, pool=pool, viewer=viewer, heard=heard)


def ask_build(
    tenant_key: str, replicas: int, shape: Amounts, *, cluster: str | None, is_open: bool
) -> Ask:
    """An ask without the resources of which nothing is wanted."""
    wanted = {key: amount for key, amount in shape.items() if amount}
    return Ask(tenant_key, replicas, wanted, cluster, is_open)


def preview_of(
    *,
    snapshot: Snapshot,
    ask: Ask,
    pool: Pool,
    viewer: Viewer,
    heard: Mapping[str, datetime | None],
) -> Preview:
    """Decide on a snapshot that is there already; asks the database nothing."""
    decision = decide(snapshot, ask, Policy())
    chosen = {placement.node_uid for placement in decision.placements}
    return Preview(
        verdict=decision.verdict,
        checks=tuple(_masked(check, viewer) for check in decision.checks),
        refusal=refusal_of(decision, ask=ask, pool=pool, viewer=viewer),
        placements=decision.placements,
        effects=_effects(snapshot, ask),
        refused=dict(Counter(refusal.code for refusal in decision.refused)),
        facts_at=facts_at(heard, snapshot.clusters, wanted=ask.cluster),
        largest=_largest(snapshot, ask, decision),
        nodes=tuple(node for node in snapshot.nodes if node.uid in chosen),
    )


def _effects(snapshot: Snapshot, ask: Ask) -> tuple[QuotaEffect, ...]:
    nothing = QuotaLevel(ask.tenant_key, {}, {})
    own = snapshot.levels[-1] if snapshot.levels else nothing
    return tuple(
        QuotaEffect(
            resource,
            before=own.allocated.get(resource, 0),
            after=own.allocated.get(resource, 0) + amount,
            guaranteed=own.cap.get(resource, 0),
        )
        for resource, amount in sorted(ask.total.items())
    )


def _largest(snapshot: Snapshot, ask: Ask, decision: Decision) -> int:
    """The failed checks bound it; the engine confirms it."""
    if decision.verdict == Verdict.FITS:
        return ask.replicas
    if any(check.rule in (*rules.OPEN, rules.NODE_SIZE) for check in decision.checks):
        return 0
    bounds = [ask.replicas]
    for check in decision.checks:
        left = max(0, (check.limit or 0) - (check.now or 0))
        bounds.append(left // ask.shape[check.resource] if check.rule != rules.ROOM else left)
    largest = min(bounds)
    if largest < 1:
        return 0
    smaller = decide(snapshot, replace(ask, replicas=largest), Policy())
    return largest if smaller.verdict == Verdict.FITS else 0


def refusal_of(decision: Decision, *, ask: Ask, pool: Pool, viewer: Viewer) -> Refusal | None:
    """The first unmet check as a refusal; None when it fits."""
    check = decision.first_unmet
    if check is None:
        return None
    if check.rule in rules.OPEN:
        return refusal_of_open(check.rule, cluster=check.scope, resource=check.resource)
    if check.rule == rules.NODE_SIZE:
        return refusal_of_size(check, pool=pool.name)
    if check.rule == rules.ROOM:
        return refusal_of_room(check, pool=pool.name, never=decision.verdict == Verdict.CANNOT)
    refusal = refusal_of_quota(
        own_key=ask.tenant_key,
        scope_key=check.scope,
        resource=check.resource,
        limit=check.limit or 0,
        now=check.now or 0,
        asked=check.asked or 0,
    )
    return refusal_masked(refusal, viewer)


def _masked(check: Check, viewer: Viewer) -> Check:
    if not scope_hidden(rule=check.rule, scope=check.scope, viewer=viewer):
        return check
    return Check(check.rule, check.ok, resource=check.resource, asked=check.asked)
