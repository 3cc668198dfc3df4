"""Rounds by the clock: ends of allocations, pods that can't be placed, differences, orphans."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from inventory.models import WorkloadFact
from portal.errors import BerthError
from portal.jobs.requests import job_request
from portal.notices import notify
from portal.notices.kinds import NoticeKind
from portal.scope import scope
from portal.viewer import Viewer
from portal.viewers import audience_of
from scheduling.choices import AllocationState
from scheduling.models import Allocation, NodeCommitment
from scheduling.selectors.stuck import pods_stuck
from scheduling.services.allocations import RELEASABLE, allocation_release
from scheduling.services.overcommit import overcommit_resolve, replace_request
from scheduling.services.scan import cluster_scan, fresh_clusters

PATROL = Viewer.system("patrol")
NOTICE_BEFORE = timedelta(days=3)
EXPIRING = NoticeKind(
    code="allocation.expiring",
    label=_("An allocation of yours comes to its end"),
    title=_("%(name)s of %(tenant)s ends at %(until)s"),
    text=_("Renew it, or it is released then."),
    email=True,
)
ORPHAN = "object.sweep"


def ends_watch(now: datetime) -> None:
    """Release what has come to its end, after a notice some days before."""
    with scope(PATROL):
        running = Allocation.objects.filter(state__in=RELEASABLE, until_at__isnull=False)
        for allocation in running.filter(until_at__lte=now):
            _release(allocation)
        soon = running.filter(until_at__lte=now + NOTICE_BEFORE, noticed_at=None)
        for allocation in soon:
            Allocation.objects.filter(pk=allocation.pk).update(noticed_at=now)
            notify(
                kind=EXPIRING.code,
                users=audience_of(allocation.tenant_key),
                tenant_key=allocation.tenant_key,
                params={
                    "name": allocation.name,
                    "tenant": allocation.tenant_key,
                    "until": f"{allocation.until_at:%Y-%m-%d %H:%M} UTC",
                },
                url=f"/t/{allocation.tenant_key}/allocations/{allocation.pk}/",
            )


def stuck_watch(now: datetime) -> None:
    """Place anew what Kubernetes has not been able to place for a minute."""
    with scope(PATROL):
        holders = pods_stuck(now=now).values_list("holder", flat=True)
        ids = {int(holder) for holder in holders if holder.isdigit()}
        states = (*RELEASABLE, AllocationState.APPLYING)
        for allocation in Allocation.objects.filter(pk__in=ids, state__in=states):
            replace_request(allocation, why="unschedulable", avoid=[])


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
        ended = {AllocationState.RELEASED, AllocationState.FAILED}
        for fact in WorkloadFact.objects.exclude(tenant_key="").filter(deleting_at=None):
            label = fact.labels.get("berth.dev/allocation", "")
            allocation = (
                Allocation.objects.filter(pk=int(label), state__in=ended).first()
                if label.isdigit()
                else None
            )
            if allocation is not None:
                job_request(
                    kind=ORPHAN,
                    key=f"object:{fact.uid}",
                    viewer=PATROL,
                    args={"cluster": fact.cluster_id, "fact": fact.pk},
                    tenant_key=allocation.tenant_key,
                )


def _release(allocation: Allocation) -> None:
    try:
        allocation_release(allocation=allocation, viewer=PATROL, why="until")
    except BerthError:
        return  # somebody else released it a moment ago
