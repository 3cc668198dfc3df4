"""Open capacity that is given back: wait until the tenant's pods fit what remains (design, §7).

The namespace is shared by all open allocations of the tenant in a pool, and so are its pods. Each
release answers for what is over after those that are asked for later, or may not evict, are still
left their part. After the deadline pods are evicted where the request consented, and never more
than it takes; else the job is parked, and goes on when use has fallen.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from inventory.k8s.paths import ObjectRef
from inventory.k8s.quantities import amounts_parse
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Outcome, Park, Reason, Wait
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES
from portal.scope import scope
from scheduling.choices import AllocationKind, AllocationState
from scheduling.engine.evict import excess, victims
from scheduling.manifests.namespace import hard_of
from scheduling.models import Allocation, TenantNamespace
from scheduling.selectors.devices import device_keys
from scheduling.services.allocations import RELEASE
from scheduling.services.clusters import SYSTEM, space_of, writer_of
from scheduling.services.namespaces import quota_use, space_is_gone
from scheduling.services.notices import DRAINING, tenant_tell
from scheduling.services.pods import tenancies
from scheduling.services.steps.common import POLL_SECONDS, load
from scheduling.services.steps.widen import quota_settle

DRAIN_SECONDS = 3600
OVER = gettext_noop(
    "The tenant's pods still use more than remains: %(keys)s. They have until %(until)s."
)
FULL = gettext_noop(
    "The deadline passed and the tenant's pods still use more than remains: %(keys)s. It stays"
    " charged; as soon as pods end, this goes on by itself."
)
COUNTING = gettext_noop("Waiting for the cluster to count anew what is used: %(keys)s too much.")
RECOUNTING = gettext_noop("The namespace's quota was put back; counting anew what is used.")
LEAVING = gettext_noop("Waiting for pods to end: %(pods)s. Still above what remains: %(keys)s.")
EVICTED = gettext_noop("Evicted %(pod)s, as consented in the request.")


def drain(ctx: StepContext) -> Outcome:
    """Wait for the tenant to end pods; evict after the deadline, and only with consent."""
    allocation = load(ctx)
    if allocation.kind == AllocationKind.WORKLOAD or allocation.namespace is None:
        return Done()
    space = space_of(allocation)
    if not space.uid:  # it never became ours: nobody could start anything there
        return Done()
    found = quota_use(ctx, space)
    if found is None:
        # Without its fence the namespace may hold anything: first the fence, then the count.
        return Done() if space_is_gone(ctx, space) else _fence(ctx, allocation)
    hard, used = found
    beside = _beside(allocation, space)
    allowed = {key: amount + beside[key] for key, amount in hard.items()}
    over = excess(used, allowed)
    if not over:
        return Done()
    keys = [f"{key} {amount}" for key, amount in sorted(over.items())]
    until = _deadline(ctx, allocation)
    if ctx.now() < until:
        params = {"keys": keys, "until": until.isoformat(timespec="seconds")}
        return Wait(Reason("drain", OVER, params), POLL_SECONDS)
    if not allocation.consent.get("evict"):
        return Park(Reason("drain", FULL, {"keys": keys}))
    return _evict(ctx, space, allowed, keys)


def _fence(ctx: StepContext, allocation: Allocation) -> Outcome:
    """Have the quota enforced again before anything is counted."""
    settled = quota_settle(ctx, space_of(allocation))
    return settled if isinstance(settled, Wait) else Wait(Reason("drain", RECOUNTING), 0.1)


def _deadline(ctx: StepContext, allocation: Allocation) -> datetime:
    """Until when the tenant has time; set when it is first needed, and said to its people."""
    if "until" not in ctx.recorded:
        until = ctx.now() + timedelta(seconds=DRAIN_SECONDS)
        with ctx.transaction():
            ctx.record(until=until.isoformat(timespec="seconds"))
            tenant_tell(allocation=allocation, kind=DRAINING, until=until)
    return datetime.fromisoformat(ctx.recorded["until"])


def _beside(allocation: Allocation, space: TenantNamespace) -> Counter[str]:
    """What is left to others that are being given back from the same namespace, by quota key."""
    with scope(SYSTEM):
        leaving = list(
            Allocation.objects.filter(
                namespace=space, state=AllocationState.RELEASING, widened=False
            )
        )
        keys = [each.job_key for each in leaving]
        jobs = JobRun.objects.filter(kind=RELEASE, key__in=keys, state__in=ACTIVE_STATES)
        asked = dict(jobs.values_list("key", "pk"))
    turn = _turn(allocation, asked)
    charged: Counter[str] = Counter()
    for each in leaving:
        if _turn(each, asked) > turn:
            charged.update(each.charged)
    keys_of = device_keys(cluster=space.cluster)
    raw = hard_of(amounts=charged, device_keys=keys_of, known_keys=[])
    return Counter(amounts_parse(raw))


def _turn(allocation: Allocation, asked: dict[str, int]) -> tuple[bool, float, int]:
    """Who answers first: those that may evict, in the order in which they were asked for."""
    job = asked.get(allocation.job_key, float("inf"))
    return not allocation.consent.get("evict"), job, allocation.pk


def _evict(
    ctx: StepContext, space: TenantNamespace, allowed: dict[str, int], keys: list[str]
) -> Outcome:
    """Delete what has to go, by UID. What is leaving already counts until it has gone."""
    writer = writer_of(space.cluster_id)
    ctx.check()
    pods = tenancies(writer.pods(namespace=space.name, selector=""))
    leaving = [pod for pod in pods if pod.leaving]
    for pod in victims(pods, allowed):
        ctx.check()
        if writer.delete(ObjectRef("Pod", pod.name, space.name), uid=pod.uid):
            ctx.log("warn", EVICTED, pod=pod.name)
            leaving.append(pod)
    names = sorted(pod.name for pod in leaving)[:5]
    text = LEAVING if names else COUNTING
    return Wait(Reason("drain", text, {"pods": names, "keys": keys}), POLL_SECONDS)
