"""The tree of tenants: create, change, move, archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from portal import live
from portal.errors import Conflict, FieldErrors, Refused
from portal.scope import scope
from portal.viewer import Viewer, authorize
from scheduling.services.nodes import quota_node_create, quota_node_move
from tenants import rules
from tenants.choices import TenantKind
from tenants.inputs import choice_check, key_check, limits_check, text_check
from tenants.models import Membership, Tenant
from tenants.paths import path_depth, path_join, path_keys, path_within
from tenants.selectors.tenants import subtree_filter, tenant_get
from tenants.services.rows import (
    tenant_facts,
    tenant_open,
    tenant_record,
    tenant_refusal,
    tenant_write,
    tenants_hold,
    tree_lock,
)

MAX_DEPTH = 40  # the path must fit an index entry


@transaction.atomic
def tenant_create(
    *,
    key: str,
    title: str,
    kind: str,
    parent_key: str | None,
    viewer: Viewer,
    auto_approve_limits: Mapping[str, Any] | None = None,
) -> Tenant:
    """Create a tenant and its node for quota.

    Raises Invalid, NotFound (parent unseen), Denied, Conflict (key taken, parent archived) or
    Refused (too deep). `auto_approve_limits` is for operators.
    """
    authorize(viewer=viewer, verb="tenant.create", tenant_key=parent_key)
    limits = dict(auto_approve_limits or {})
    if limits:
        authorize(viewer=viewer, verb="limits.edit")
    _fields_check(key=key, title=title, kind=kind, limits=limits)
    tree_lock()
    parent = tenant_get(key=parent_key, viewer=viewer) if parent_key is not None else None
    path = path_join(parent.path if parent else None, key)
    _place_check(parent, path_depth(path))
    made = Tenant(key=key, title=title.strip(), kind=kind, parent=parent, path=path)
    made.depth, made.auto_approve_limits = path_depth(path), limits
    # An owner's own view doesn't hold the new tenant yet, so its row would be refused.
    with scope(replace(viewer, tenant_keys=viewer.tenant_keys | {key})):
        _insert(made)
        quota_node_create(tenant_key=key, parent_key=parent_key)
        tenant_record(viewer, "tenant.create", made, after=tenant_facts(made))
    return made


@transaction.atomic
def tenant_update(
    *,
    key: str,
    viewer: Viewer,
    title: str | None = None,
    kind: str | None = None,
    auto_approve_limits: Mapping[str, Any] | None = None,
    generation: int | None = None,
) -> Tenant:
    """Change what is given; with `generation`, only if nobody changed the tenant since.

    Raises Invalid, NotFound, Denied, Conflict (archived) or PreconditionFailed.
    """
    authorize(viewer=viewer, verb="tenant.edit", tenant_key=key)
    if auto_approve_limits is not None:
        authorize(viewer=viewer, verb="limits.edit", tenant_key=key)
    found = tenant_open(key, viewer)
    before = tenant_facts(found)
    found.title = found.title if title is None else title.strip()
    found.kind = found.kind if kind is None else kind
    if auto_approve_limits is not None:
        found.auto_approve_limits = dict(auto_approve_limits)
    _fields_check(key=key, title=found.title, kind=found.kind, limits=found.auto_approve_limits)
    values = {"title", "kind", "auto_approve_limits"}
    tenant_write(found, {name: getattr(found, name) for name in values}, generation)
    tenant_record(viewer, "tenant.edit", found, before=before, after=tenant_facts(found))
    return found


@transaction.atomic
def tenant_move(
    *, key: str, parent_key: str | None, viewer: Viewer, generation: int | None = None
) -> Tenant:
    """Hang a tenant, with all below it, under another parent (None makes it a root).

    Raises NotFound, Denied, PreconditionFailed, Conflict where it or the new parent is archived
    or where the branch holds or is guaranteed quota, and Refused where it would stand below itself
    or too deep.
    """
    authorize(viewer=viewer, verb="tenant.move", tenant_key=key)
    tree_lock()
    # All that the new paths will lock, while no lock of quota is held yet.
    tenants_hold(_branch_keys(key, viewer), alone=True)
    found = tenant_open(key, viewer)
    parent = tenant_get(key=parent_key, viewer=viewer) if parent_key is not None else None
    if parent is not None and path_within(parent.path, found.path):
        raise Refused(
            tenant_refusal(rules.MOVE_INTO_SELF, found, _("Choose a parent outside of it."))
        )
    new_path = path_join(parent.path if parent else None, key)
    delta = path_depth(new_path) - found.depth
    below = Tenant.objects.filter(subtree_filter(found.path))
    _place_check(parent, max(below.values_list("depth", flat=True)) + delta)
    before = tenant_facts(found)
    losing = _people_above(found)
    quota_node_move(tenant_key=key, parent_key=parent_key)
    tenant_write(found, {"parent": parent}, generation)
    tail = Substr("path", len(found.path) + 1)
    below.update(path=Concat(Value(new_path), tail), depth=F("depth") + delta)
    found.path, found.depth, found.parent = new_path, found.depth + delta, parent
    tenant_record(viewer, "tenant.move", found, before=before, after=tenant_facts(found))
    for user_id in losing:
        live.revoke(user_id)
    return found


def _branch_keys(key: str, viewer: Viewer) -> list[str]:
    top = tenant_get(key=key, viewer=viewer)
    return list(Tenant.objects.filter(subtree_filter(top.path)).values_list("key", flat=True))


def _fields_check(*, key: str, title: str, kind: str, limits: object) -> None:
    errors = FieldErrors()
    key_check(errors, "key", key)
    text_check(errors, "title", title, max_length=120)
    choice_check(errors, "kind", kind, TenantKind.values)
    limits_check(errors, "auto_approve_limits", limits)
    errors.raise_any()


def _place_check(parent: Tenant | None, depth: int) -> None:
    if parent is not None and parent.archived_at is not None:
        raise Conflict(
            _("%(parent)s is archived. Restore it first, or choose another parent.")
            % {"parent": parent.title},
            code="tenant-archived",
        )
    if depth > MAX_DEPTH and parent is not None:
        raise Refused(
            tenant_refusal(
                rules.TOO_DEEP,
                parent,
                _("Choose a parent nearer to the top."),
                limit=MAX_DEPTH,
                asked=depth,
            )
        )


def _insert(tenant: Tenant) -> None:
    try:
        with transaction.atomic():
            tenant.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            _("The key %(key)s is taken, perhaps by a tenant you can't see. Choose another.")
            % {"key": tenant.key},
            code="tenant-key-taken",
        ) from error


def _people_above(tenant: Tenant) -> list[int]:
    """Whoever has a role from above loses it when the tenant moves away."""
    keys = path_keys(tenant.path)[:-1]
    people = Membership.objects.filter(tenant_id__in=keys).values_list("user_id", flat=True)
    return sorted(set(people))
