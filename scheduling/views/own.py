"""A tenant's own side: its quota, and the panels of its home."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from portal.jobs.words import reason_shown
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES
from portal.pages import verb_required, viewer_of
from portal.ui.html import amount_words_html, number_html
from portal.ui.units import amount_text, resource_title
from scheduling.charts import own_bar
from scheduling.choices import LIVE_STATES
from scheduling.models import Allocation, QuotaChange
from scheduling.selectors.allocation_list import allocations_visible, allocations_with_jobs
from scheduling.selectors.quota_own import OwnQuota, quota_chains, quota_changes, quota_own
from scheduling.selectors.startable import Startable, startable
from scheduling.words import allocation_status, amounts_words

CHANGES = 60
AT_ONCE = timedelta(seconds=10)
HOME_ROWS = 10
SOON = timedelta(days=7)


@require_GET
@verb_required("quota.view")
def quota_own_page(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """Every number of a tenant with the five words, and who set it."""
    viewer = viewer_of(request)
    levels = quota_chains(tenant_key=tenant_key)
    rows = quota_own(tenant_key=tenant_key, viewer=viewer, levels=levels)
    changes = quota_changes(tenant_key=tenant_key, viewer=viewer)[:CHANGES]
    context = {
        "tenant_key": tenant_key,
        "pools": _by_pool(rows),
        "changes": changes_shown(changes),
        "may_ask": viewer.can("request.create", tenant_key),
    }
    return render(request, "scheduling/quota_own.html", context)


@require_GET
@verb_required("request.create")
def now_panel(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """For the tenant's home: what could start now, told to those who may ask for it."""
    levels = quota_chains(tenant_key=tenant_key)
    pieces = [piece_shown(p) for p in startable(tenant_key=tenant_key, levels=levels)]
    context = {"tenant_key": tenant_key, "pieces": pieces}
    return render(request, "scheduling/_home_now.html", context)


@require_GET
@verb_required("quota.view")
def home_quota_panel(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """For the tenant's home: its bars."""
    levels = quota_chains(tenant_key=tenant_key)
    rows = quota_own(tenant_key=tenant_key, viewer=viewer_of(request), levels=levels)
    context = {"tenant_key": tenant_key, "pools": _by_pool(rows)}
    return render(request, "scheduling/_home_bars.html", context)


@require_GET
@verb_required("allocation.view")
def held_panel(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """For the tenant's home: what runs, what waits and why, what ends soon."""
    viewer, now = viewer_of(request), timezone.now()
    live = Q(tenant_key=tenant_key, state__in=LIVE_STATES)
    counts = (
        allocations_visible(viewer=viewer)
        .filter(live)
        .aggregate(total=Count("pk"), soon=Count("pk", filter=Q(until_at__lt=now + SOON)))
    )
    held = list(allocations_with_jobs(viewer=viewer).filter(live)[:HOME_ROWS])
    keys = [allocation.job_key for allocation in held if getattr(allocation, "active_job", None)]
    jobs = JobRun.objects.visible_to(viewer).filter(key__in=keys, state__in=ACTIVE_STATES)
    reasons = {job.key: reason_shown(job.reason, viewer=viewer) for job in jobs}
    may_ask = viewer.can("request.create", tenant_key)
    context = counts | {
        "tenant_key": tenant_key,
        "held": [held_shown(each, reasons.get(each.job_key), now) for each in held],
        "ask_url": f"/t/{tenant_key}/requests/new/" if may_ask else "",
    }
    return render(request, "scheduling/_home_held.html", context)


@require_GET
@verb_required("quota.view")
def quota_panel(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """For the operators' page of a tenant: its bars."""
    viewer = viewer_of(request)
    levels = quota_chains(tenant_key=tenant_key)
    rows = quota_own(tenant_key=tenant_key, viewer=viewer, levels=levels)
    context = {
        "tenant_key": tenant_key,
        "pools": _by_pool(rows),
        "may_edit": viewer.can("quota.edit"),
    }
    return render(request, "scheduling/_home_quota.html", context)


def changes_shown(changes: Iterable[QuotaChange]) -> list[dict[str, Any]]:
    """Changes of numbers in words, newest first: what was set at once stands together, by pool."""
    return [
        {"at": act[0].at, "who": act[0].who, "why": act[0].why, "pools": _pools_shown(act)}
        for act in _acts(changes)
    ]


def _acts(changes: Iterable[QuotaChange]) -> list[list[QuotaChange]]:
    """Rows of one act name one person and reason, and were written one right after another."""
    acts: list[list[QuotaChange]] = []
    for row in changes:
        last = acts[-1][-1] if acts else None
        if last and (last.who, last.why) == (row.who, row.why) and last.at - row.at < AT_ONCE:
            acts[-1].append(row)
        else:
            acts.append([row])
    return acts


def _pools_shown(act: Iterable[QuotaChange]) -> list[dict[str, Any]]:
    return [
        {"title": pool.title, "numbers": [_number_shown(row) for row in rows]}
        for pool, rows in groupby(sorted(act, key=_place), lambda row: row.quota.pool)
    ]


def _place(change: QuotaChange) -> tuple[int, int, bool, str, int]:
    """Pools in their order, devices first, and what was set twice in turn."""
    pool, resource = change.quota.pool, change.quota.resource
    return pool.ordering, pool.pk, resource in ("cpu", "memory"), resource, change.pk


def _number_shown(change: QuotaChange) -> dict[str, Any]:
    resource = change.quota.resource
    return {
        "title": resource_title(resource),
        "before": number_html(change.old or 0, resource),
        "after": amount_words_html(change.new or 0, resource),
    }


def piece_shown(piece: Startable) -> dict[str, Any]:
    """ "3 × 8 H100", and what limits it."""
    limits = {
        "quota": _("limited by your quota"),
        "quota-above": _("limited by the quota of the tenants above you"),
        "room": _("limited by the room in the pool"),
    }
    title = f"{piece.size} {resource_title(piece.device)}" if piece.device else ""
    return {
        "count": piece.count,
        "what": title or amounts_words(piece.shape),
        "pool": piece.pool,
        "limit": limits[piece.limit],
        "with": amounts_words({k: v for k, v in piece.shape.items() if k in ("cpu", "memory")}),
    }


def held_shown(allocation: Allocation, reason: Any, now: datetime) -> dict[str, Any]:
    """One live allocation on the home."""
    until = allocation.until_at
    plain = {k: v for k, v in allocation.charged.items() if k in ("cpu", "memory")}
    devices = {k: v for k, v in allocation.charged.items() if k not in plain}
    return {
        "allocation": allocation,
        "status": allocation_status(allocation),
        "size": amounts_words(devices or allocation.charged),
        "rest": amounts_words(plain) if devices else "",
        "reason": reason.sentence() if reason else "",
        "soon": until is not None and until - now < SOON,
        "drifted": getattr(allocation, "drifted", None),
        "job": getattr(allocation, "active_job", None),
    }


def own_shown(own: OwnQuota) -> dict[str, Any]:
    """One number with its bar and its sentences."""
    quota = own.quota
    return {
        "quota": quota,
        "resource": quota.resource,
        "bar": own_bar(quota),
        "left": own.left,
        "below": own.below,
        "limit": _above(own),
        "set_by": own.set_by,
        "set_why": own.set_why,
    }


def _above(own: OwnQuota) -> str:
    """What stands above, in words that tell no number the viewer may not read."""
    if own.blocked_by is None:
        return ""
    if own.blocked_by == "":
        if own.blocked_reached:
            return _("your department's cap is reached")
        return _("your department leaves less than your own cap")
    text = amount_text(own.left, own.quota.resource)
    return _("%(tenant)s leaves %(amount)s") % {"tenant": own.blocked_by, "amount": text}


def _by_pool(rows: Iterable[OwnQuota]) -> list[dict[str, Any]]:
    pools: dict[int, dict[str, Any]] = {}
    for own in rows:
        if not own.quota.guaranteed and not own.quota.allocated:
            continue
        pool = pools.setdefault(own.quota.pool_id, {"pool": own.quota.pool, "rows": []})
        pool["rows"].append(own_shown(own))
    for pool in pools.values():
        pool["rows"].sort(key=lambda row: (row["resource"] in ("cpu", "memory"), row["resource"]))
        count = len(pool["rows"])
        pool["note"] = ngettext("%(n)s resource", "%(n)s resources", count) % {"n": count}
    return list(pools.values())
