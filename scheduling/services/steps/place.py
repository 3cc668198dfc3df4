"""Validate and place: the decision, the quota and the nodes in one commit."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from inventory.locks import cluster_hold
from inventory.models import Cluster
from portal.errors import Invalid, Refused
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Fail, Outcome, Reason, Wait
from portal.refusal import Refusal
from scheduling import rules
from scheduling.choices import AllocationKind, AllocationState
from scheduling.engine import Ask, Policy, Verdict, decide, room_of
from scheduling.engine.types import Decision as EngineDecision
from scheduling.manifests.namespace import namespace_name
from scheduling.models import Allocation, TenantNamespace
from scheduling.models.namespaces import NamespaceKind
from scheduling.selectors.preview import refusal_of
from scheduling.selectors.snapshot import snapshot_build
from scheduling.services.allocations import AllocationAsk, allocation_check, allocation_publish
from scheduling.services.commitments import RoomTaken, commitments_take
from scheduling.services.decisions import decision_keep, refusal_keep
from scheduling.services.moves import quota_move
from scheduling.services.steps.common import load, load_locked, move_of

AGAIN_SECONDS = 15.0
AT_ONCE_SECONDS = 0.2
NEVER = gettext_noop("It does not fit, and would not on an empty pool. %(why)s")
NOT_YET = gettext_noop("Waiting for room. %(why)s")
DEADLINE = gettext_noop("The deadline passed while it waited for room. %(why)s")
PLACED = gettext_noop("Reserved quota and room on %(cluster)s: %(nodes)s.")
TAKEN = gettext_noop("Another decision was faster; deciding again.")


class _NoRoom(Exception):
    """Rolls the transaction back and carries out of it what is to be kept all the same."""

    def __init__(self, outcome: Outcome, allocation: Allocation, decision: EngineDecision) -> None:
        self.outcome, self.allocation, self.decision = outcome, allocation, decision


def validate(ctx: StepContext) -> Outcome:
    """Check again what was checked when it was asked for: the world may have changed."""
    allocation = load(ctx)
    if allocation.state != AllocationState.PLANNED and not ctx.recorded:
        return Fail(Reason("not-planned", gettext_noop("It has been brought up or ended before.")))
    try:
        allocation_check(_ask(allocation))
    except Invalid as error:
        fields = "; ".join(f"{k}: {' '.join(map(str, v))}" for k, v in error.fields.items())
        return Fail(Reason("invalid", gettext_noop("No longer valid. %(why)s"), {"why": fields}))
    return Done({"replicas": allocation.replicas, "charged": allocation.charged})


def place(ctx: StepContext) -> Outcome:
    """Decide, reserve quota on every level and commit nodes in one transaction, or wait."""
    if "decision" in ctx.recorded:
        return Done({"decision": ctx.recorded["decision"], "nodes": ctx.recorded["nodes"]})
    ctx.check_cancel()
    try:
        with ctx.transaction():
            allocation = load_locked(ctx)
            decision = _decide(allocation)
            _fits_or_raise(ctx, allocation, decision)
            _commit(ctx, allocation, decision)
    except _NoRoom as no:
        refusal_keep(ctx, no.allocation, no.decision)
        return no.outcome
    except RoomTaken:
        return Wait(Reason("room-taken", TAKEN), AT_ONCE_SECONDS)
    except Refused as refused:
        return _waiting(ctx, load(ctx), refused.refusal, never=False)
    return Done({"decision": ctx.recorded["decision"], "nodes": ctx.recorded["nodes"]})


def _fits_or_raise(ctx: StepContext, allocation: Allocation, decision: EngineDecision) -> None:
    if decision.verdict != Verdict.FITS:
        raise _NoRoom(_not_now(ctx, allocation, decision), allocation, decision)


def _decide(allocation: Allocation) -> EngineDecision:
    is_open = allocation.kind == AllocationKind.OPEN
    snapshot = snapshot_build(
        pool=allocation.pool, tenant_key=allocation.tenant_key, for_open=is_open
    )
    return decide(snapshot, _engine_ask(allocation), Policy())


def _commit(ctx: StepContext, allocation: Allocation, decision: EngineDecision) -> None:
    cluster = Cluster.objects.present().get(name=decision.placements[0].cluster)
    if not cluster_hold(cluster.pk):
        raise RoomTaken
    space = _space(allocation, cluster)
    refusal = quota_move(move_of(ctx, allocation, "reserve"))
    if refusal is not None:
        raise Refused(refusal)
    commitments_take(
        holder=_holder(allocation, space),
        tenant_key=allocation.tenant_key,
        cluster=cluster,
        placements=decision.placements,
        shape=room_of(allocation.shape),
    )
    row = decision_keep(allocation=allocation, job_id=ctx.job.pk, decision=decision)
    Allocation.objects.filter(pk=allocation.pk).update(
        state=AllocationState.RESERVED, cluster=cluster, namespace=space, reason=None
    )
    names = [placement.node_name for placement in decision.placements]
    nodes = [{"node": p.node_name, "replicas": p.replicas} for p in decision.placements]
    ctx.record(decision=row.pk, nodes=nodes, cluster=cluster.name)
    ctx.log("ok", PLACED, cluster=cluster.name, nodes=names)
    allocation_publish(allocation)


def _space(allocation: Allocation, cluster: Cluster) -> TenantNamespace:
    is_open = allocation.kind == AllocationKind.OPEN
    kind = NamespaceKind.OPEN if is_open else NamespaceKind.MANAGED
    pool = allocation.pool if is_open else None
    pool_name = pool.name if pool else ""
    name = namespace_name(tenant_key=allocation.tenant_key, pool=pool_name)
    taken = TenantNamespace.objects.filter(cluster=cluster, name=name)
    if taken.exclude(tenant_key=allocation.tenant_key, kind=kind, pool=pool).exists():
        name = namespace_name(tenant_key=allocation.tenant_key, pool=pool_name, plain=False)
    space, _created = TenantNamespace.objects.get_or_create(
        tenant_key=allocation.tenant_key,
        cluster=cluster,
        kind=kind,
        pool=pool,
        defaults={"name": name},
    )
    return space


def _holder(allocation: Allocation, space: TenantNamespace) -> str:
    return space.holder if allocation.kind == AllocationKind.OPEN else allocation.holder


def _not_now(ctx: StepContext, allocation: Allocation, decision: EngineDecision) -> Outcome:
    refusal = refusal_of(
        decision, ask=_engine_ask(allocation), pool=allocation.pool, viewer=ctx.viewer
    )
    return _waiting(ctx, allocation, refusal, never=decision.verdict == Verdict.CANNOT)


def _waiting(
    ctx: StepContext, allocation: Allocation, refusal: Refusal | None, *, never: bool
) -> Outcome:
    """Wait until the deadline; what could never fit is refused at once."""
    params = {"why": refusal.sentence() if refusal else ""}
    code = refusal.rule if refusal else rules.ROOM
    if never:
        return Fail(Reason(code, NEVER, params, refusal))
    if allocation.deadline_at is not None and ctx.now() >= allocation.deadline_at:
        return Fail(Reason("deadline", DEADLINE, params, refusal))
    return Wait(Reason(code, NOT_YET, params, refusal), AGAIN_SECONDS)


def _engine_ask(allocation: Allocation) -> Ask:
    wanted = allocation.wanted_cluster
    return Ask(
        allocation.tenant_key,
        allocation.replicas,
        allocation.shape,
        wanted.name if wanted else None,
        is_open=allocation.kind == AllocationKind.OPEN,
    )


def _ask(allocation: Allocation) -> AllocationAsk:
    return AllocationAsk(
        tenant_key=allocation.tenant_key,
        kind=allocation.kind,
        name=allocation.name,
        pool=allocation.pool.name,
        replicas=allocation.replicas,
        shape=allocation.shape,
        cluster=allocation.wanted_cluster.name if allocation.wanted_cluster else "",
        runs_as=allocation.runs_as,
        spec=allocation.spec,
        priority=allocation.priority,
    )
