"""Setting quota: limits, their history, and what keeps them consistent over the tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import F, Sum
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from inventory.models import Pool
from portal import audit, live
from portal.amounts import MAX_AMOUNT
from portal.errors import Conflict, Invalid, NotFound, PreconditionFailed, Refused
from portal.refusal import Refusal
from portal.tenancy import tenants_hold
from portal.viewer import Viewer, authorize
from scheduling import rules
from scheduling.models import Quota, QuotaChange, QuotaNode
from scheduling.selectors.capacity import pool_usable
from scheduling.selectors.devices import pool_resources
from scheduling.selectors.give_back import give_back_plan
from scheduling.services.nodes import quota_tree_hold

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class QuotaEdit:
    """A new guaranteed amount; `generation` is that of the number it replaces, None for any."""

    tenant_key: str
    pool: str
    resource: str
    guaranteed: int
    generation: int | None = None


@transaction.atomic
def quota_set(*, edits: list[QuotaEdit], why: str, viewer: Viewer) -> list[Quota]:
    """Set guaranteed amounts together: all or none.

    Raises Invalid naming each wrong edit ("edits.0.resource"), NotFound for an unseen tenant;
    Refused when a parent's amount would not cover its children's, when one falls below what is
    allocated, or when the roots promise more than a pool can give and `why` is empty;
    PreconditionFailed when somebody else changed a number first; Conflict when an archived tenant
    would get more than it has.
    """
    authorize(viewer=viewer, verb="quota.edit")
    keys = {edit.tenant_key for edit in edits}
    in_use = tenants_hold(keys)
    quota_tree_hold()  # before anything of the tree is read
    seen = QuotaNode.objects.visible_to(viewer).filter(tenant_key__in=keys)
    nodes = {node.tenant_key: node for node in seen}
    if set(nodes) != keys:
        raise NotFound
    pools = {pool.name: pool for pool in Pool.objects.filter(name__in={e.pool for e in edits})}
    _check_archived(edits, in_use)  # what may not change is said before what is wrong with it
    _check_edits(edits, pools)
    for pool_id in sorted(pool.pk for pool in pools.values()):
        _lock_pool(pool_id)
    _check_archived(edits, in_use)
    ordered = sorted(edits, key=lambda e: (nodes[e.tenant_key].depth, e.resource))
    quotas = [_set_one(e, nodes, pools, why=why, viewer=viewer) for e in ordered]
    for quota in quotas:
        _check_family(quota)
        _check_promise(quota, why=why)
    return quotas


def _check_edits(edits: list[QuotaEdit], pools: Mapping[str, Pool]) -> None:
    """Raise Invalid for what a pool does not have, no amount, and a number named twice."""
    known = {name: pool_resources(pool=pool) | _held(pool) for name, pool in pools.items()}
    problems: dict[str, list[StrOrPromise]] = {}
    seen: set[tuple[str, str, str]] = set()
    for number, edit in enumerate(edits):
        place = (edit.tenant_key, edit.pool, edit.resource)
        if edit.pool not in pools:
            problems[f"edits.{number}.pool"] = [_("There is no such pool.")]
        elif edit.resource not in known[edit.pool]:
            problems[f"edits.{number}.resource"] = [_("This pool has no such resource.")]
        elif place in seen:
            problems[f"edits.{number}"] = [_("This number is named twice.")]
        if not _is_amount(edit.guaranteed):
            text = _("Give a whole number from 0 to 2^53 - 1.")
            problems[f"edits.{number}.guaranteed"] = [text]
        seen.add(place)
    if problems:
        raise Invalid(fields=problems)


def _check_archived(edits: list[QuotaEdit], in_use: Mapping[str, bool]) -> None:
    """What an archived tenant still has may be taken from it, and nothing be added."""
    for edit in edits:
        if in_use.get(edit.tenant_key, True) or not _is_amount(edit.guaranteed):
            continue
        if edit.guaranteed == 0:
            continue
        rows = Quota.objects.filter(
            tenant_key=edit.tenant_key, pool__name=edit.pool, resource=edit.resource
        )
        if not rows.filter(guaranteed__gte=edit.guaranteed).exists():
            raise Conflict(
                _("%(title)s is archived. Restore it first.") % {"title": edit.tenant_key},
                code="tenant-archived",
            )


def _held(pool: Pool) -> set[str]:
    """Resources that have a number already, though their devices may have left."""
    return set(Quota.objects.filter(pool=pool).values_list("resource", flat=True))


def _is_amount(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_AMOUNT


def _set_one(
    edit: QuotaEdit,
    nodes: dict[str, QuotaNode],
    pools: dict[str, Pool],
    *,
    why: str,
    viewer: Viewer,
) -> Quota:
    quota, _created = Quota.objects.get_or_create(
        node=nodes[edit.tenant_key],
        pool=pools[edit.pool],
        resource=edit.resource,
        defaults={"tenant_key": edit.tenant_key},
    )
    if edit.generation is not None and quota.generation != edit.generation:
        raise PreconditionFailed
    old = quota.guaranteed
    if old == edit.guaranteed:
        return quota
    changed = Quota.objects.filter(
        pk=quota.pk,
        generation=quota.generation,
        reserved__lte=edit.guaranteed - F("bound") - F("releasing"),
    ).update(guaranteed=edit.guaranteed, generation=F("generation") + 1, updated_at=Now())
    quota.refresh_from_db()
    if not changed:
        raise Refused(_below_use(quota, edit.guaranteed))
    QuotaChange.objects.create(
        quota=quota, field="guaranteed", old=old, new=edit.guaranteed, who=viewer.label, why=why
    )
    audit.record(
        viewer=viewer,
        verb="quota.edit",
        target_type="quota",
        target_id=quota.pk,
        tenant_key=edit.tenant_key,
        before={"pool": edit.pool, "resource": edit.resource, "guaranteed": old},
        after={"pool": edit.pool, "resource": edit.resource, "guaranteed": edit.guaranteed},
        reason=why,
    )
    live.publish(f"quota:{edit.tenant_key}", "changed", quota=quota.pk)
    live.publish("quotas", "changed")
    return quota


def _lock_pool(pool_id: int) -> None:
    """Edits of one pool follow one another; moves of counters are not held up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('berth.quota.' || %s, 0))", [pool_id]
        )


def _check_family(quota: Quota) -> None:
    """Children's guaranteed amounts must fit into the parent's, above and below this one."""
    if quota.node.parent_id is not None:
        parent = Quota.objects.filter(
            node_id=quota.node.parent_id, pool=quota.pool, resource=quota.resource
        ).first()
        _check_children(quota.node.parent_id, quota, limit=parent.guaranteed if parent else 0)
    _check_children(quota.node_id, quota, limit=quota.guaranteed)


def _check_children(parent_id: int, quota: Quota, *, limit: int) -> None:
    promised = (
        Quota.objects.filter(
            node__parent_id=parent_id, pool=quota.pool, resource=quota.resource
        ).aggregate(sum=Sum("guaranteed"))["sum"]
        or 0
    )
    if promised <= limit:
        return
    scope = QuotaNode.objects.values_list("tenant_key", flat=True).get(pk=parent_id)
    raise Refused(
        Refusal(
            rule=rules.QUOTA_CHILDREN,
            scope=scope,
            dimension=quota.resource,
            limit=limit,
            now=promised,
            asked=quota.guaranteed,
            short_by=int(promised - limit),
            who=_("an operator"),
            next_step=_("Raise the parent's amount first, or give a child less."),
            next_url=f"/ops/quota/?pool={quota.pool.name}",
        )
    )


def _check_promise(quota: Quota, *, why: str) -> None:
    """Roots may be promised more than there is, but only with a reason."""
    if quota.node.parent_id is not None or why.strip():
        return
    promised = (
        Quota.objects.filter(node__parent=None, pool=quota.pool, resource=quota.resource).aggregate(
            sum=Sum("guaranteed")
        )["sum"]
        or 0
    )
    usable = pool_usable(pool=quota.pool).get(quota.resource, 0)
    if promised <= usable:
        return
    raise Refused(
        Refusal(
            rule=rules.QUOTA_OVERPROMISE,
            scope=quota.pool.name,
            dimension=quota.resource,
            limit=usable,
            now=promised,
            asked=quota.guaranteed,
            short_by=int(promised - usable),
            who=_("an operator"),
            next_step=_("Give a reason for promising more than there is, or promise less."),
        )
    )


def _below_use(quota: Quota, wanted: int) -> Refusal:
    return Refusal(
        rule=rules.QUOTA_IN_USE,
        scope=quota.tenant_key,
        dimension=quota.resource,
        limit=wanted,
        now=quota.allocated,
        asked=wanted - quota.guaranteed,
        short_by=quota.allocated - wanted,
        who=_("an owner of %(tenant)s") % {"tenant": quota.tenant_key},
        next_step=_("Release what the plan names, or less of the last, then lower the quota."),
        next_url=f"/ops/allocations/?below={quota.tenant_key}&pool={quota.pool.name}&state=live",
        plan=give_back_plan(quota=quota, wanted=wanted),
    )
