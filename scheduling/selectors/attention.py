"""What needs a person, and how many jobs do what: for the operators' home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject

from inventory.choices import FactKind
from inventory.models import Cluster, Node, WatchState
from portal.models import JobRun
from portal.models.jobs import JobState
from scheduling.models import Commitment, Drift

FAILED_FOR = timedelta(hours=24)
BROKEN = (JobState.FAILED, JobState.COMPENSATED, JobState.QUARANTINED)
MOST = 6
SHOWN = ("id", "kind", "key", "state", "reason", "tenant_key")


@dataclass(frozen=True, slots=True)
class JobsNow:
    """Jobs by what they do; `failed` of the last 24 hours that nobody tried again.

    `broken` are the latest of those that need a person: parked, or failed like that. They have
    number, kind, key, state and reason, and nothing else.
    """

    running: int = 0
    waiting: int = 0
    parked: int = 0
    failed: int = 0
    broken: tuple[JobRun, ...] = ()


def jobs_now(*, now: datetime) -> JobsNow:
    """Counts and the latest that need a person, by one query."""
    latest = JobRun.objects.filter(_broken(now) | Q(state=JobState.PARKED)).order_by("-id")
    shown = latest.values(json=JSONObject(**{name: name for name in SHOWN}))[:MOST]
    row = (
        JobRun.objects.order_by()
        .values(everything=Value(1))
        .annotate(
            running=Count("pk", filter=Q(state__in=[JobState.RUNNING, JobState.COMPENSATING])),
            waiting=Count("pk", filter=Q(state__in=[JobState.WAITING, JobState.QUEUED])),
            parked=Count("pk", filter=Q(state=JobState.PARKED)),
            failed=Count("pk", filter=_broken(now)),
            broken=ArraySubquery(shown),
        )
        .values("running", "waiting", "parked", "failed", "broken")
        .get()  # a constant is no group: there is one row, without jobs too
    )
    return JobsNow(**row | {"broken": tuple(JobRun(**job) for job in row["broken"])})


def clusters_shown() -> QuerySet[Cluster]:
    """Clusters with `seen_at`, the older of their nodes' and pods' last signs of life, `drifted`,
    the number of open differences, `drifts`, the latest of them as plain objects, and `sick`,
    nodes that are not ready though something stands on them; one query.
    """
    seen = WatchState.objects.filter(
        cluster=OuterRef("pk"), kind__in=[FactKind.NODES, FactKind.PODS]
    ).order_by(F("last_event_at").asc(nulls_first=True))
    drifts: Any = Drift.objects.filter(cluster=OuterRef("pk"), resolved_at=None).order_by()
    number = drifts.values("cluster").annotate(n=Count("pk")).values("n")
    return Cluster.objects.present().annotate(
        seen_at=Subquery(seen.values("last_event_at")[:1]),
        drifted=Coalesce(Subquery(number, output_field=IntegerField()), 0),
        drifts=ArraySubquery(_drift_rows()[:MOST]),
        sick=ArraySubquery(_sick_rows()[:MOST]),
    )


def _drift_rows() -> Any:
    rows = Drift.objects.filter(cluster=OuterRef("pk"), resolved_at=None).order_by("-id")
    return rows.values(
        json=JSONObject(
            kind="kind",
            object_ref="object_ref",
            manager="manager",
            tenant_key="tenant_key",
            allocation="allocation_id",
        )
    )


def _sick_rows() -> Any:
    """Name and number of holders of nodes that are not ready and hold something."""
    on_it = Commitment.objects.filter(node_uid=OuterRef("uid"), cluster=OuterRef("cluster"))
    holders: Any = on_it.order_by().values("cluster").annotate(n=Count("holder", distinct=True))
    rows = Node.objects.filter(cluster=OuterRef("pk"), gone_at=None, ready=False)
    return (
        rows.annotate(held=Subquery(holders.values("n"), output_field=IntegerField()))
        .filter(held__gt=0)
        .order_by("name")
        .values(json=JSONObject(name="name", held="held"))
    )


def _broken(now: datetime) -> Q:
    """Failed lately and not tried again, or quarantined."""
    lately = Q(state__in=BROKEN, finished_at__gte=now - FAILED_FOR)
    lately |= Q(state=JobState.QUARANTINED)  # until somebody has looked at it
    stopped = Q(state=JobState.COMPENSATED, reason__code="cancelled")
    retried = JobRun.objects.filter(retry_of__isnull=False).values("retry_of")
    return lately & ~stopped & ~Q(pk__in=retried)
