"""What a request would meet if it were decided now; reserves nothing, writes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from inventory.models import Cluster, Pool
from portal.errors import FieldErrors, Invalid
from portal.refusal import Refusal, refusal_load
from portal.viewer import Viewer
from scheduling import spec as specs
from scheduling.engine import Amounts, Check, Verdict
from scheduling.models import Allocation
from scheduling.selectors.devices import pool_resources
from scheduling.selectors.preview import Preview, preview
from scheduling.selectors.refusals import check_masked, refusal_masked
from tenants.approval import RuleAnswer, approve_by_rule, quota_by_rule, renew_by_rule
from tenants.asks import fields_require, is_open
from tenants.choices_requests import RENEWABLE_STATES, RequestKind, RequestVerdict
from tenants.offers import Terms, terms_total
from tenants.previews import Alternative, Effect, RequestPreview
from tenants.selectors.quota_room import quota_checks, quota_refusal, quota_room

SIZE_FIELDS = ("pool", "replicas", "shape")
QUOTA_RULES = ("quota.cap", "quota.parent")


def request_preview(
    *, tenant_key: str, kind: str, terms: Terms, viewer: Viewer, now: datetime
) -> RequestPreview:
    """Answer with verdict, checks, quota effect and placement on the mirrored facts.

    Needs an open scope that sees the tenant. Raises Invalid where size, pool or cluster are
    missing or wrong; the rest of the ask may still be incomplete.
    """
    if kind == RequestKind.QUOTA:
        return _quota(tenant_key, terms, viewer, now)
    if kind == RequestKind.RENEW:
        return _renew(tenant_key, terms, viewer, now)
    return _allocation(tenant_key, terms, viewer, now)


def auto_approve_limits(*, tenant_key: str, pool: str) -> Amounts | None:
    """Amounts up to which no operator is needed, of the nearest tenant upwards that sets them.

    None where nobody does, or where the open scope doesn't see the tenant.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT berth_auto_approve(%s, %s)", [tenant_key, pool])
        (found,) = cursor.fetchone() or (None,)
    return json.loads(found) if isinstance(found, str) else found


def renewable_get(*, tenant_key: str, ask: Mapping[str, object], viewer: Viewer) -> Allocation:
    """The allocation that a renewal names; raises Invalid where it can't be renewed."""
    rows = Allocation.objects.visible_to(viewer).filter(tenant_key=tenant_key)
    found: Allocation | None = rows.filter(pk=ask["allocation"]).select_related("pool").first()
    if found is None:
        raise Invalid(fields={"ask.allocation": [_("This tenant has no such allocation.")]})
    if found.state not in RENEWABLE_STATES:
        raise Invalid(fields={"ask.allocation": [_("Only a running allocation can be renewed.")]})
    return found


def _allocation(tenant_key: str, terms: Terms, viewer: Viewer, now: datetime) -> RequestPreview:
    pool, cluster = _sized(terms)
    seen = preview(
        tenant_key=tenant_key,
        pool=pool,
        cluster=cluster,
        replicas=terms.ask["replicas"],
        shape=dict(terms.ask["shape"]),
        viewer=viewer,
        is_open=is_open(terms.ask),
    )
    limits = auto_approve_limits(tenant_key=tenant_key, pool=pool.name)
    return allocation_preview(seen, terms=terms, limits=limits, now=now)


def allocation_preview(
    seen: Preview, *, terms: Terms, limits: Amounts | None, now: datetime
) -> RequestPreview:
    """A request's answer from scheduling's; asks the database nothing."""
    rule = approve_by_rule(
        total=terms_total(RequestKind.ALLOCATION, terms),
        quota=[check for check in seen.checks if check.rule in QUOTA_RULES],
        limits=limits,
        verdict=seen.verdict,
    )
    effects = tuple(Effect(e.resource, e.before, e.after, e.guaranteed) for e in seen.effects)
    return RequestPreview(
        kind=RequestKind.ALLOCATION,
        verdict=_verdict(seen.verdict, rule),
        rule=rule,
        checks=seen.checks,
        refusal=seen.refusal,
        effects=effects,
        placements=seen.placements,
        refused=seen.refused,
        alternatives=tuple(_alternatives(seen, terms, limits)),
        facts_at=seen.facts_at,
        at=now,
        nodes=seen.nodes,
    )


def _sized(terms: Terms) -> tuple[Pool, Cluster | None]:
    """Pool and cluster of an ask whose size is right; raises Invalid."""
    ask = terms.ask
    errors = FieldErrors()
    for name in SIZE_FIELDS:
        if ask.get(name) in (None, "", {}):
            errors.add(f"ask.{name}", _("Please fill this in."))
    errors.raise_any()
    pool = Pool.objects.filter(name=ask["pool"]).first()
    wanted = ask.get("cluster", "")
    cluster = Cluster.objects.present().filter(name=wanted).first() if wanted else None
    problems: specs.Problems = {}
    if pool is None:
        problems["pool"] = [_("There is no such pool.")]
    else:
        specs.shape_check(ask["shape"], pool_resources(pool=pool), problems)
    if wanted and cluster is None:
        problems["cluster"] = [_("There is no such cluster.")]
    specs.replicas_check(ask["replicas"], problems)
    if problems or pool is None:
        raise Invalid(fields={f"ask.{name}": list(texts) for name, texts in problems.items()})
    return pool, cluster


def _alternatives(seen: Preview, terms: Terms, limits: Amounts | None) -> list[Alternative]:
    """Fewer replicas: the most that fit, and the most that no operator has to approve."""
    replicas: int = terms.ask["replicas"]
    shape = {name: amount for name, amount in terms.ask["shape"].items() if amount}
    by_rule = min(
        (seen.largest, *((limits or {}).get(name, 0) // amount for name, amount in shape.items()))
    )
    counts = sorted({n for n in (seen.largest, by_rule) if 0 < n < replicas}, reverse=True)
    return [
        Alternative(n, {name: amount * n for name, amount in shape.items()}, by_rule=n <= by_rule)
        for n in counts
    ]


def _verdict(verdict: Verdict, rule: RuleAnswer) -> RequestVerdict:
    if verdict == Verdict.FITS:
        return RequestVerdict.FITS_NOW if rule.rule else RequestVerdict.FITS_NEEDS_APPROVAL
    return RequestVerdict.MUST_WAIT if verdict == Verdict.WAIT else RequestVerdict.CANNOT_FIT


def _quota(tenant_key: str, terms: Terms, viewer: Viewer, now: datetime) -> RequestPreview:
    fields_require(kind=RequestKind.QUOTA, ask=terms.ask)
    asked: Mapping[str, int] = terms.ask["guaranteed"]
    pool = Pool.objects.filter(name=terms.ask["pool"]).first()
    if pool is None:
        raise Invalid(fields={"ask.pool": [_("There is no such pool.")]})
    room = quota_room(tenant_key=tenant_key, pool=pool, resources=asked)
    held = {row.resource for row in room if row.guaranteed}
    errors = FieldErrors()
    for resource in sorted(set(asked) - pool_resources(pool=pool) - held):
        errors.add(f"ask.guaranteed.{resource}", _("This pool has no such resource."))
    errors.raise_any()
    checks = quota_checks(tenant_key=tenant_key, room=room, asked=asked, viewer=viewer)
    failed = next((check for check in checks if not check.ok), None)
    return RequestPreview(
        kind=RequestKind.QUOTA,
        verdict=RequestVerdict.CANNOT_FIT if failed else RequestVerdict.FITS_NEEDS_APPROVAL,
        rule=quota_by_rule(),
        checks=checks,
        refusal=_refusal(failed, tenant_key, viewer) if failed else None,
        effects=tuple(
            Effect(row.resource, row.guaranteed, asked[row.resource], None) for row in room
        ),
        at=now,
    )


def _refusal(failed: Check, tenant_key: str, viewer: Viewer) -> Refusal:
    return refusal_masked(quota_refusal(failed, tenant_key=tenant_key), viewer)


def _renew(tenant_key: str, terms: Terms, viewer: Viewer, now: datetime) -> RequestPreview:
    fields_require(kind=RequestKind.RENEW, ask=terms.ask)
    found = renewable_get(tenant_key=tenant_key, ask=terms.ask, viewer=viewer)
    limits = auto_approve_limits(tenant_key=tenant_key, pool=found.pool.name)
    rule = renew_by_rule(total=found.charged, limits=limits)
    return RequestPreview(
        kind=RequestKind.RENEW,
        verdict=_verdict(Verdict.FITS, rule),
        rule=rule,
        effects=(),
        at=now,
    )


def preview_masked(kept: Mapping[str, Any], *, viewer: Viewer) -> dict[str, Any]:
    """A preview as a request keeps it (RequestPreview.as_dict), as this viewer may read it."""
    refusal = kept.get("refusal")
    if refusal:
        refusal = refusal_masked(refusal_load(dict(refusal)), viewer).as_dict()
    checks = [check_masked(check, viewer) for check in kept.get("checks", ())]
    return {**kept, "checks": checks, "refusal": refusal}
