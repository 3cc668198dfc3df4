"""What several steps need."""

from __future__ import annotations

import time
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from inventory import labels
from inventory.models import WorkloadFact
from portal.jobs.context import StepContext
from portal.jobs.outcome import Outcome, Reason, Wait
from portal.scope import scope
from scheduling.models import Allocation
from scheduling.services.clusters import SYSTEM, space_of, writer_of
from scheduling.services.moves import Direction, Move

POLL_SECONDS = 2.0
MIRROR_TRIES = 15
MIRROR_SECONDS = 0.2


def load(ctx: StepContext) -> Allocation:
    """The allocation of a job, as it is now."""
    with scope(SYSTEM):
        return _rows().get(pk=ctx.args["allocation"])


def load_locked(ctx: StepContext) -> Allocation:
    """The allocation of a job, held until the open transaction ends.

    Not against those who only refer to it: the log of claims does, while it holds nodes that the
    job is about to ask for.
    """
    return _rows().select_for_update(of=("self",), no_key=True).get(pk=ctx.args["allocation"])


def _rows() -> QuerySet[Allocation]:
    rows: QuerySet[Allocation] = Allocation.objects.select_related(
        "pool", "cluster", "wanted_cluster", "namespace__cluster", "namespace__pool"
    )
    return rows


def move_of(ctx: StepContext, allocation: Allocation, direction: Direction) -> Move:
    """A move of all that an allocation is charged."""
    return Move(
        operation=allocation.ref,
        direction=direction,
        tenant_key=allocation.tenant_key,
        pool_id=allocation.pool_id,
        amounts=allocation.charged,
        allocation_id=allocation.pk,
        job_id=ctx.job.pk,
    )


def mirror_follow(ctx: StepContext, **seen: str) -> None:
    """Give the mirror a moment to show an object as it was just written (uid, spec_hash).

    While a job is at work nobody takes what lags behind for a difference; so it stays at work.
    """
    for _try in range(MIRROR_TRIES):
        with scope(ctx.viewer):
            if WorkloadFact.objects.filter(**seen).exists():
                return
        time.sleep(MIRROR_SECONDS)


def pods_now(ctx: StepContext, allocation: Allocation) -> list[dict[str, Any]]:
    """The allocation's pods as the cluster has them at this moment."""
    ctx.check()
    if allocation.cluster_id is None or allocation.namespace is None:
        return []
    found: list[dict[str, Any]] = writer_of(allocation.cluster_id).pods(
        namespace=space_of(allocation).name, selector=f"{labels.ALLOCATION}={allocation.pk}"
    )
    return found


def wait_pods_gone(ctx: StepContext, pods: list[dict[str, Any]]) -> Outcome:
    """Wait for pods that are on their way out."""
    names = sorted(pod["metadata"]["name"] for pod in pods)
    return Wait(
        Reason(
            "pods-remain",
            gettext_noop("Waiting for %(count)s pods to end: %(names)s."),
            {"count": len(names), "names": names[:5]},
        ),
        POLL_SECONDS,
    )
