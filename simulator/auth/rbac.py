"""Rights by roles and bindings, evaluated at every request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulator.auth.identity import User
from simulator.objects import Object
from simulator.store.store import Store

MASTERS = "system:masters"
ROLES = "roles.rbac.authorization.k8s.io"
CLUSTER_ROLES = "clusterroles.rbac.authorization.k8s.io"
BINDINGS = "rolebindings.rbac.authorization.k8s.io"
CLUSTER_BINDINGS = "clusterrolebindings.rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Attributes:
    """What somebody wants to do. `path` is set for what is no resource."""

    verb: str
    group: str = ""
    resource: str = ""
    part: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def full_resource(self) -> str:
        """Resource and subresource."""
        return f"{self.resource}/{self.part}" if self.part else self.resource


@dataclass(frozen=True)
class Grant:
    """A role's rules as a binding gives them."""

    rules: tuple[Object, ...]
    reason: str


class Authorizer:
    """Answers who may what, from the objects as they are."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def allows(self, user: User, wanted: Attributes) -> tuple[bool, str]:
        """Whether it is allowed, and by what."""
        if MASTERS in user.groups:
            return True, ""
        for grant in self.grants(user, wanted.namespace):
            if any(rule_covers(rule, wanted) for rule in grant.rules):
                return True, grant.reason
        return False, ""

    def grants(self, user: User, namespace: str) -> Iterator[Grant]:
        """Everything that bindings give a user, in one namespace and everywhere."""
        for stored in self._store.each(CLUSTER_BINDINGS):
            subject = _subject_of(stored.obj, user)
            if subject:
                yield self._grant("ClusterRoleBinding", stored.obj, subject)
        if namespace:
            for stored in self._store.each(BINDINGS, namespace):
                subject = _subject_of(stored.obj, user)
                if subject:
                    yield self._grant("RoleBinding", stored.obj, subject)

    def _grant(self, kind: str, binding: Object, subject: str) -> Grant:
        ref, meta = binding["roleRef"], binding["metadata"]
        own = meta["name"]
        if kind == "RoleBinding":
            own = f"{own}/{meta['namespace']}"
        reason = f'RBAC: allowed by {kind} "{own}" of {ref["kind"]} "{ref["name"]}" to {subject}'
        return Grant(tuple(self.rules_of(ref, meta.get("namespace", ""))), reason)

    def rules_of(self, ref: Object, namespace: str) -> list[Object]:
        """The rules of the role that a binding names; none where it is not there."""
        name = ref.get("name", "")
        if ref["kind"] == "ClusterRole":
            found = self._store.get(CLUSTER_ROLES, "", name)
        else:
            found = self._store.get(ROLES, namespace, name)
        return list(found.obj.get("rules") or ()) if found else []

    def holds(self, user: User, namespace: str, rules: list[Object]) -> list[Object]:
        """Those of the rules that a user does not hold, in single pieces."""
        if MASTERS in user.groups:
            return []
        own = [rule for grant in self.grants(user, namespace) for rule in grant.rules]
        return [
            piece
            for rule in rules
            for piece in pieces(rule)
            if not any(_contains(mine, piece) for mine in own)
        ]


def _subject_of(binding: Object, user: User) -> str:
    """The subject that makes a binding apply, in the words of a reason; empty for none."""
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name", "")
        if kind == "User" and name == user.name:
            return f'User "{name}"'
        if kind == "Group" and name in user.groups:
            return f'Group "{name}"'
        if kind == "ServiceAccount":
            space = subject.get("namespace", binding["metadata"].get("namespace", ""))
            if user.name == f"system:serviceaccount:{space}:{name}":
                return f'ServiceAccount "{name}/{space}"'
    return ""


def _has(values: list[str] | None, wanted: str) -> bool:
    return "*" in (values or ()) or wanted in (values or ())


def rule_covers(rule: Object, wanted: Attributes) -> bool:
    """Tell whether one rule allows what is wanted."""
    if not _has(rule.get("verbs"), wanted.verb):
        return False
    if wanted.path:
        return any(
            path in ("*", wanted.path) or (path.endswith("*") and wanted.path.startswith(path[:-1]))
            for path in rule.get("nonResourceURLs") or ()
        )
    resources = rule.get("resources") or []
    named = _has(resources, wanted.full_resource) or (
        bool(wanted.part) and f"*/{wanted.part}" in resources
    )
    names = rule.get("resourceNames") or ()
    return (
        _has(rule.get("apiGroups"), wanted.group) and named and (not names or wanted.name in names)
    )


def pieces(rule: Object) -> Iterator[Object]:
    """A rule as rules of one verb and one resource (or path) each."""
    for verb in rule.get("verbs") or ():
        for path in rule.get("nonResourceURLs") or ():
            yield {"verbs": [verb], "nonResourceURLs": [path]}
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                for name in rule.get("resourceNames") or ("",):
                    piece: Object = {
                        "verbs": [verb], "apiGroups": [group], "resources": [resource],
                    }  # fmt: skip
                    if name:
                        piece["resourceNames"] = [name]
                    yield piece


def _contains(rule: Object, piece: Object) -> bool:
    if not _has(rule.get("verbs"), piece["verbs"][0]):
        return False
    if "nonResourceURLs" in piece:
        path = piece["nonResourceURLs"][0]
        return any(
            mine in ("*", path) or (mine.endswith("*") and path.startswith(mine[:-1]))
            for mine in rule.get("nonResourceURLs") or ()
        )
    names = rule.get("resourceNames") or ()
    return (
        _has(rule.get("apiGroups"), piece["apiGroups"][0])
        and _has(rule.get("resources"), piece["resources"][0])
        and (not names or set(piece.get("resourceNames") or ("",)) <= set(names))
    )


def piece_text(piece: Object) -> str:
    """A piece in the words of a refusal."""
    parts = []
    for name, shown in (
        ("apiGroups", "APIGroups"),
        ("resources", "Resources"),
        ("resourceNames", "ResourceNames"),
        ("nonResourceURLs", "NonResourceURLs"),
        ("verbs", "Verbs"),
    ):
        if name in piece:
            values = " ".join(f'"{value}"' for value in piece[name])
            parts.append(f"{shown}:[{values}]")
    return "{" + ", ".join(parts) + "}"
