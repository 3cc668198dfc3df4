"""Asking for allocations and giving them back: rows and jobs only, no cluster is called here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.models import Cluster, Pool
from portal import audit, live
from portal.amounts import MAX_AMOUNT
from portal.errors import Conflict, Invalid, NotFound
from portal.jobs.outcome import Reason
from portal.jobs.requests import job_cancel, job_request
from portal.joins import list_join
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES
from portal.viewer import Viewer, authorize
from scheduling import spec as specs
from scheduling.choices import AllocationKind, AllocationState, Priority, RunsAs
from scheduling.models import Allocation
from scheduling.selectors.devices import pool_resources
from scheduling.services.notices import FAILED, tenant_tell

ON_ITS_WAY = gettext_lazy("This allocation is already released, or on its way.")
CREATE, RELEASE, REPLACE = "allocation.create", "allocation.release", "allocation.replace"
RELEASABLE = (AllocationState.ACTIVE, AllocationState.DEGRADED)
COMING = (AllocationState.PLANNED, AllocationState.RESERVED, AllocationState.APPLYING)


@dataclass(frozen=True, slots=True)
class AllocationAsk:
    """What a tenant asks for; amounts per replica in base units, `cluster` empty for any.

    `consent` keeps what the tenant agreed to: {"evict": bool} for open capacity that is full when
    it is released, {"rerun": bool} for a run that has to begin again on other nodes.
    """

    tenant_key: str
    kind: str
    name: str
    pool: str
    replicas: int
    shape: dict[str, int]
    cluster: str = ""
    runs_as: str = RunsAs.SERVICE
    spec: dict[str, Any] = field(default_factory=dict)
    consent: dict[str, bool] = field(default_factory=dict)
    priority: str = Priority.NORMAL
    preemptible: bool = False
    until_at: datetime | None = None

    @property
    def total(self) -> dict[str, int]:
        """What it takes from quota."""
        return {key: amount * self.replicas for key, amount in self.shape.items() if amount}


def allocation_check(ask: AllocationAsk) -> tuple[Pool, Cluster | None]:
    """Check an ask against what exists. Raises Invalid with every problem by field name."""
    problems: specs.Problems = {}
    pool = Pool.objects.filter(name=ask.pool).first()
    cluster = Cluster.objects.present().filter(name=ask.cluster).first() if ask.cluster else None
    if pool is None:
        problems["pool"] = [_("There is no such pool.")]
    if ask.cluster and cluster is None:
        problems["cluster"] = [_("There is no such cluster.")]
    specs.name_check(ask.name, problems)
    specs.replicas_check(ask.replicas, problems)
    for name, choices in (("kind", AllocationKind), ("runs_as", RunsAs), ("priority", Priority)):
        if getattr(ask, name) not in choices.values:
            problems[name] = [_("Choose one of: %s.") % list_join(choices.values)]
    if pool is not None:
        specs.shape_check(ask.shape, pool_resources(pool=pool), problems)
    if not problems and any(total > MAX_AMOUNT for total in ask.total.values()):
        problems["replicas"] = [_("The total of a resource is above 2^53 - 1.")]
    if ask.kind == AllocationKind.WORKLOAD:
        specs.workload_check(ask.spec, problems)
    elif ask.spec:
        problems["spec"] = [_("Open capacity runs what you start yourself; leave this empty.")]
    specs.problems_raise(problems)
    if pool is None:
        raise NotFound
    return pool, cluster


@transaction.atomic
def allocation_plan(
    *,
    ask: AllocationAsk,
    viewer: Viewer,
    not_before: datetime | None,
    deadline_at: datetime | None,
    verb: str = "allocation.edit",
) -> Allocation:
    """Write an allocation and the job that brings it up; nothing is reserved yet.

    `verb` is the right on which it is made, where a decision stands behind it. Raises NotFound,
    Denied, Invalid, and Conflict when the tenant has a live one of this name.
    """
    authorize(viewer=viewer, verb=verb, tenant_key=ask.tenant_key)
    pool, cluster = allocation_check(ask)
    try:
        with transaction.atomic():
            allocation = Allocation.objects.create(
                tenant_key=ask.tenant_key,
                kind=ask.kind,
                name=ask.name,
                runs_as=ask.runs_as,
                pool=pool,
                wanted_cluster=cluster,
                replicas=ask.replicas,
                shape={key: amount for key, amount in ask.shape.items() if amount},
                charged=ask.total,
                spec=ask.spec,
                consent=ask.consent,
                priority=ask.priority,
                preemptible=ask.preemptible,
                deadline_at=deadline_at,
                until_at=ask.until_at,
                created_by=viewer.label,
            )
    except IntegrityError:
        raise Conflict(
            _("The tenant already has an allocation named %(name)s. Choose another name.")
            % {"name": ask.name},
            code="name-taken",
        ) from None
    job_request(
        kind=CREATE,
        key=allocation.job_key,
        viewer=viewer,
        args={"allocation": allocation.pk},
        tenant_key=ask.tenant_key,
        not_before=not_before,
    )
    audit.record(
        viewer=viewer,
        verb="allocation.plan",
        target_type="allocation",
        target_id=allocation.pk,
        tenant_key=ask.tenant_key,
        after={"charged": ask.total},
    )
    allocation_publish(allocation)
    return allocation


@transaction.atomic
def allocation_release(
    *,
    allocation: Allocation,
    viewer: Viewer,
    why: str = "",
    reason: Reason | None = None,
    fails: bool = False,
    over_at: datetime | None = None,
) -> JobRun:
    """Ask for an allocation to be given back; quota returns when its pods are gone.

    One that is still being brought up is stopped instead, and undone. `reason` is kept as what
    its page says of its end; with `fails` it ends as failed, and its people are told now: this
    goes through once. With `over_at` only what has come to its end by then is given back: it may
    be renewed at this moment. Raises Conflict when it is already on its way out, or renewed.
    """
    authorize(viewer=viewer, verb="allocation.release", tenant_key=allocation.tenant_key)
    kept: dict[str, Any] = {"reason": reason.as_dict()} if reason else {}
    # Whoever has the row of the job that brings it up knows that the state stays what it is.
    creating = _creations(allocation).select_for_update().filter(state__in=ACTIVE_STATES).first()
    if creating is not None and creating.undoing and allocation.state in RELEASABLE:
        raise Conflict(ON_ITS_WAY)  # it stood, and what brought it up is taken back already
    ending = Allocation.objects.filter(pk=allocation.pk, state__in=RELEASABLE)
    if over_at is not None:
        ending = ending.filter(until_at__lte=over_at)
    changed = ending.update(state=AllocationState.RELEASING, **kept)
    if changed:
        job = job_request(
            kind=RELEASE,
            key=allocation.job_key,
            viewer=viewer,
            args={"allocation": allocation.pk} | ({"fails": True} if fails else {}),
            tenant_key=allocation.tenant_key,
        )
    else:
        job = _creation_stop(allocation, creating, viewer, kept)
    if fails:
        tenant_tell(allocation=allocation, kind=FAILED)
    audit.record(
        viewer=viewer,
        verb="allocation.release",
        target_type="allocation",
        target_id=allocation.pk,
        tenant_key=allocation.tenant_key,
        reason=why,
    )
    allocation_publish(allocation)
    return job


def _creations(allocation: Allocation) -> QuerySet[JobRun]:
    found: QuerySet[JobRun] = JobRun.objects.filter(kind=CREATE, key=allocation.job_key)
    return found


def undone_among(allocations: Sequence[Allocation]) -> dict[str, str]:
    """State of the job by key of those whose coming is being undone, or was until it stopped."""
    keys = [allocation.job_key for allocation in allocations]
    newest = JobRun.objects.filter(kind=CREATE, key__in=keys).order_by("key", "-pk").distinct("key")
    rows = newest.values_list("key", "state", "undoing") if keys else ()
    return {key: state for key, state, undoing in rows if undoing}


def _creation_stop(
    allocation: Allocation, creating: JobRun | None, viewer: Viewer, kept: dict[str, Any]
) -> JobRun:
    """Stop the job that brings it up, or undo what a quarantined one has left behind.

    `kept` are values of the allocation that say why.
    """
    if not Allocation.objects.filter(pk=allocation.pk, state__in=COMING).exists():
        raise Conflict(ON_ITS_WAY)
    if creating is None:
        # Stopped before it begins, so that it does nothing but undo.
        creating = job_request(
            kind=CREATE,
            key=allocation.job_key,
            viewer=viewer,
            args={"allocation": allocation.pk},
            tenant_key=allocation.tenant_key,
            retry_of=_creations(allocation).order_by("-pk").first(),
        )
    if kept:
        Allocation.objects.filter(pk=allocation.pk).update(**kept)
    job_cancel(job=creating, viewer=viewer, verb="allocation.release")
    return creating


@transaction.atomic
def allocation_replace(*, allocation: Allocation, viewer: Viewer, why: str) -> JobRun:
    """Ask for an allocation to be placed anew where its nodes or devices can't serve it.

    Raises NotFound, Denied, or Conflict where it does not stand on a cluster.
    """
    authorize(viewer=viewer, verb="allocation.edit", tenant_key=allocation.tenant_key)
    if allocation.state not in (*RELEASABLE, AllocationState.APPLYING):
        raise Conflict(_("Only an allocation that is on a cluster can be placed again."))
    job = job_request(
        kind=REPLACE,
        key=allocation.job_key,
        viewer=viewer,
        args={"allocation": allocation.pk, "why": why},
        tenant_key=allocation.tenant_key,
    )
    audit.record(
        viewer=viewer,
        verb="allocation.replace",
        target_type="allocation",
        target_id=allocation.pk,
        tenant_key=allocation.tenant_key,
        reason=why,
    )
    allocation_publish(allocation)
    return job


@transaction.atomic
def allocation_extend(
    *,
    allocation: Allocation,
    until_at: datetime | None,
    now: datetime,
    viewer: Viewer,
    verb: str = "allocation.edit",
) -> Allocation:
    """Set another end, None for none; an approved renewal does this.

    `verb` is the right on which it is set. Raises NotFound, Denied, Invalid or Conflict.
    """
    authorize(viewer=viewer, verb=verb, tenant_key=allocation.tenant_key)
    if until_at is not None and until_at <= now:
        raise Invalid(fields={"until": [_("Choose a time in the future.")]})
    changed = Allocation.objects.filter(
        pk=allocation.pk, state__in=(*RELEASABLE, AllocationState.APPLYING)
    ).update(until_at=until_at, noticed_at=None)
    if not changed:
        raise Conflict(_("Only a running allocation can be extended."))
    before = allocation.until_at
    allocation.refresh_from_db()
    audit.record(
        viewer=viewer,
        verb="allocation.extend",
        target_type="allocation",
        target_id=allocation.pk,
        tenant_key=allocation.tenant_key,
        before={"until": str(before)},
        after={"until": str(until_at)},
    )
    allocation_publish(allocation)
    return allocation


def allocation_publish(allocation: Allocation) -> None:
    """Say that an allocation changed: its own page, the tenant's, the operators'."""
    live.publish(f"allocation:{allocation.pk}", "changed", allocation=allocation.pk)
    live.publish(f"tenant:{allocation.tenant_key}", "allocation", allocation=allocation.pk)
    live.publish("allocations", "changed", allocation=allocation.pk)
