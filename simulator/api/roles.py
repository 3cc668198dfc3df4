"""Nobody gives away rights that he has not: the check behind roles and bindings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.api import errors
from simulator.auth.identity import User
from simulator.auth.rbac import Attributes, piece_text
from simulator.kinds.registry import Kind
from simulator.objects import Object

if TYPE_CHECKING:
    from simulator.core import Core

GROUP = "rbac.authorization.k8s.io"


def escalation_check(core: Core, kind: Kind, namespace: str, obj: Object, user: User) -> None:
    """Refuse a role or a binding that would give more than its author holds."""
    if kind.group != GROUP:
        return
    name = obj["metadata"].get("name", "")
    if kind.name in ("Role", "ClusterRole"):
        wanted = Attributes("escalate", GROUP, kind.resource, "", namespace, name)
        rules = list(obj.get("rules") or ())
    else:
        ref = obj.get("roleRef") or {}
        if ref.get("kind") not in ("Role", "ClusterRole"):
            raise errors.internal(f'unsupported role reference kind: "{ref.get("kind", "")}"')
        resource = "roles" if ref["kind"] == "Role" else "clusterroles"
        wanted = Attributes("bind", GROUP, resource, "", namespace, ref.get("name", ""))
        rules = core.authorizer.rules_of(ref, namespace)
    if core.authorizer.allows(user, wanted)[0]:
        return
    missing = core.authorizer.holds(user, namespace, rules)
    if missing:
        groups = " ".join(f'"{group}"' for group in user.groups)
        told = "\n".join(piece_text(piece) for piece in missing)
        why = (
            f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions not'
            f" currently held:\n{told}"
        )
        raise errors.forbidden(kind, name, why)
