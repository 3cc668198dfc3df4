"""The tree of tenants as the counters see it; `tenants` services call this in their transaction."""

from __future__ import annotations

from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext_lazy as _

from portal.errors import Conflict, NotFound
from scheduling.models import QuotaNode
from scheduling.selectors.promises import branch_promised

BELOW_ITSELF = _("A tenant can't be moved below itself. Choose a parent outside its own branch.")
HAS_QUOTA = _(
    "This tenant or one below it has quota. Set its guaranteed amounts to zero first; "
    "what was allocated has to be released for that."
)


def quota_node_create(*, tenant_key: str, parent_key: str | None) -> QuotaNode:
    """Mirror a new tenant below its parent. Raises NotFound for an unknown parent."""
    parent = _node(parent_key) if parent_key else None
    node = QuotaNode.objects.create(
        tenant_key=tenant_key, parent=parent, depth=parent.depth + 1 if parent else 0, path=""
    )
    node.path = f"{parent.path if parent else '/'}{node.pk}/"
    node.save(update_fields=["path"])
    return node


def quota_node_move(*, tenant_key: str, parent_key: str | None) -> QuotaNode:
    """Hang a tenant under another parent, while nobody sets quota.

    Raises Conflict while the tenant or one of its descendants holds or is guaranteed anything:
    the numbers of two branches can't change hands without a plan.
    """
    _tree_lock("pg_advisory_xact_lock")
    node = _node(tenant_key)
    parent = _node(parent_key) if parent_key else None
    if parent is not None and parent.path.startswith(node.path):
        raise Conflict(BELOW_ITSELF)
    if branch_promised(tenant_key=tenant_key):
        raise Conflict(HAS_QUOTA)
    old_path, old_depth = node.path, node.depth
    new_path = f"{parent.path if parent else '/'}{node.pk}/"
    shift = (parent.depth + 1 if parent else 0) - old_depth
    QuotaNode.objects.filter(path__startswith=old_path).update(
        path=Concat(Value(new_path), Substr("path", len(old_path) + 1)),
        depth=F("depth") + shift,
    )
    QuotaNode.objects.filter(pk=node.pk).update(parent=parent)
    node.refresh_from_db()
    return node


def quota_tree_hold() -> None:
    """Keep the tree's shape until the transaction ends; others may hold it at the same time.

    Who sets quota compares a parent's number with its children's, and has to know who they are.
    """
    _tree_lock("pg_advisory_xact_lock_shared")


def _tree_lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended('berth.quota.tree', 0))")


def _node(tenant_key: str) -> QuotaNode:
    node: QuotaNode | None = QuotaNode.objects.filter(tenant_key=tenant_key).first()
    if node is None:
        raise NotFound
    return node
