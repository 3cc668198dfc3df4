"""Rounds by the clock: ends of allocations, pods that can't be placed, differences, orphans."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils.translation import gettext_noop

from inventory import labels
from inventory.models import WorkloadFact
from portal.errors import BerthError
from portal.jobs.outcome import Reason
from portal.jobs.requests import job_request
from portal.notices.kinds import NoticeKind
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.choices import ENDED_STATES, AllocationState, RunsAs
from scheduling.models import Allocation, NodeCommitment
from scheduling.selectors.stuck import allocations_stuck
from scheduling.services.allocations import COMING, CREATE, RELEASABLE, allocation_release
from scheduling.services.notices import ENDED, EXPIRING, tenant_tell
from scheduling.services.overcommit import overcommit_resolve, replace_request
from scheduling.services.runs import run_settle
from scheduling.services.scan import cluster_scan, fresh_clusters

PATROL = Viewer.system("patrol")
NOTICE_BEFORE = timedelta(days=3)
ORPHAN = "object.sweep"
NEVER_UP = gettext_noop("It came to its end before it was brought up.")


def ends_watch(now: datetime) -> None:
    """Release what has come to its end, after a notice some days before.

    What has no notice yet when its end comes, because nobody was at work then, gets one now.
    """
    with scope(PATROL):
        ending = Allocation.objects.filter(until_at__isnull=False)
        over = list(ending.filter(state__in=(*COMING, *RELEASABLE), until_at__lte=now))
        soon = list(
            ending.filter(
                state__in=RELEASABLE,
                until_at__gt=now,
                until_at__lte=now + NOTICE_BEFORE,
                noticed_at=None,
            )
        )
    for allocation in soon:
        with scope(PATROL):
            _notice(allocation, EXPIRING, now)
    for allocation in over:
        with scope(PATROL):
            # Once more: it may have been given a later end since.
            if ending.filter(pk=allocation.pk, until_at__lte=now).exists():
                _notice(allocation, ENDED, now)
                _end(allocation, now)


def runs_watch(_now: datetime) -> None:
    """Have runs given back that ended while a job was at work on them."""
    with scope(PATROL):
        running = Allocation.objects.filter(runs_as=RunsAs.COMPLETION, state__in=RELEASABLE)
        facts = {(fact.cluster_id, fact.uid): fact for fact in _facts_of(running)}
        found = [(a, facts.get((a.cluster_id or 0, a.object_uid))) for a in running]
    for allocation, fact in found:
        if fact is not None:
            with scope(PATROL):
                run_settle(allocation, fact)


def stuck_watch(now: datetime) -> None:
    """Place anew what Kubernetes has not been able to place for a minute."""
    with scope(PATROL):
        states = (*RELEASABLE, AllocationState.APPLYING)
        stuck = list(allocations_stuck(now=now).filter(state__in=states))
        replace_request(stuck, why="unschedulable")


def overcommit_watch(_now: datetime) -> None:
    """Ask again for what facts asked for once: a job that was under way then may have ended."""
    with scope(PATROL):
        over = NodeCommitment.objects.filter(allocatable__lt=F("foreign") + F("committed"))
        uids: dict[int, set[str]] = {}
        for cluster_id, uid in over.values_list("cluster_id", "node_uid"):
            uids.setdefault(cluster_id, set()).add(uid)
        for cluster_id, found in sorted(uids.items()):
            overcommit_resolve(cluster_id=cluster_id, node_uids=found)


def differences_watch(now: datetime) -> None:
    """Compare what stands in each freshly read cluster with what Berth wrote."""
    with scope(PATROL):
        cluster_ids = fresh_clusters(now=now)
    for cluster_id in cluster_ids:
        with scope(PATROL):
            cluster_scan(cluster_id=cluster_id)


def orphans_watch(_now: datetime) -> None:
    """Ask for objects to be removed that are Berth's and whose allocation has ended.

    Such a one is left by a worker that woke up after its job had been undone by another.
    """
    with scope(PATROL):
        facts = WorkloadFact.objects.exclude(tenant_key="").filter(deleting_at=None)
        named = [(fact, fact.labels.get(labels.ALLOCATION, "")) for fact in facts]
        numbered = [(fact, int(label)) for fact, label in named if label.isdecimal()]
        ended = Allocation.objects.filter(
            pk__in={number for _fact, number in numbered},
            state__in=ENDED_STATES,
        )
        found = {allocation.pk: allocation for allocation in ended.select_related("namespace")}
        for fact, number in numbered:
            allocation = found.get(number)
            if allocation is not None and _stood_there(allocation, fact):
                job_request(
                    kind=ORPHAN,
                    key=f"object:{fact.uid}",
                    viewer=PATROL,
                    args={"cluster": fact.cluster_id, "fact": fact.pk},
                    tenant_key=allocation.tenant_key,
                )


def _stood_there(allocation: Allocation, fact: WorkloadFact) -> bool:
    space = allocation.namespace
    place = (allocation.cluster_id, space.name if space else "")
    return place == (fact.cluster_id, fact.namespace)


def _facts_of(running: QuerySet[Allocation]) -> QuerySet[WorkloadFact]:
    found: QuerySet[WorkloadFact] = WorkloadFact.objects.filter(
        uid__in=running.exclude(object_uid="").values("object_uid")
    )
    return found


def _notice(allocation: Allocation, kind: NoticeKind, now: datetime) -> None:
    """Tell its people, once for each end that it is given."""
    unheard = Allocation.objects.filter(pk=allocation.pk, noticed_at=None)
    if allocation.until_at is not None and unheard.update(noticed_at=now):
        tenant_tell(allocation=allocation, kind=kind, until=allocation.until_at)


def _end(allocation: Allocation, now: datetime) -> None:
    try:
        job = allocation_release(allocation=allocation, viewer=PATROL, why="until", over_at=now)
    except BerthError:
        return  # somebody else released or renewed it a moment ago, or it is being undone
    if job.kind == CREATE:
        reason = Reason("until", NEVER_UP).as_dict()
        Allocation.objects.filter(pk=allocation.pk).update(reason=reason)
