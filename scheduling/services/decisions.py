"""What the engine answered, kept: each yes for good, and of each job the newest no."""

from __future__ import annotations

from django.db.models.functions import Now

from portal.jobs.context import StepContext
from scheduling.engine import Verdict
from scheduling.engine.explain import explain, placements_dump
from scheduling.engine.types import Decision as EngineDecision
from scheduling.models import Allocation, Decision


def decision_keep(*, allocation: Allocation, job_id: int, decision: EngineDecision) -> Decision:
    """Write an answer down, in the transaction of what follows from it."""
    return Decision.objects.create(
        allocation=allocation,
        job_id=job_id,
        verdict=str(decision.verdict),
        placements=placements_dump(decision.placements),
        explain=explain(decision),
    )


def refusal_keep(ctx: StepContext, allocation: Allocation, decision: EngineDecision) -> None:
    """Keep why nothing was placed, node by node: one row for the job, written where it changed."""
    said = explain(decision)
    with ctx.transaction():
        rows = Decision.objects.filter(allocation=allocation, job_id=ctx.job.pk)
        row = rows.exclude(verdict=str(Verdict.FITS)).first()
        if row is None:
            decision_keep(allocation=allocation, job_id=ctx.job.pk, decision=decision)
        elif row.explain != said:
            rows.filter(pk=row.pk).update(explain=said, verdict=said["verdict"], at=Now())
