"""Roles and who has them (k8s.io/kubernetes/pkg/apis/rbac/validation)."""

from __future__ import annotations

from simulator.api.errors import Causes
from simulator.objects import Object
from simulator.validation.names import segment_problems, subdomain_problems

GROUP = "rbac.authorization.k8s.io"


def role_validate(kind: str, obj: Object, causes: Causes) -> None:
    """Check the rules of a role."""
    rule = obj.get("aggregationRule")
    if rule is not None and not rule.get("clusterRoleSelectors"):
        why = "at least one clusterRoleSelector required if aggregationRule is non-nil"
        causes.required("aggregationRule.clusterRoleSelectors", why)
    for index, rule in enumerate(obj.get("rules") or ()):
        _rule(rule, f"rules[{index}]", causes, namespaced=kind == "Role")


def _rule(rule: Object, path: str, causes: Causes, *, namespaced: bool) -> None:
    urls = rule.get("nonResourceURLs") or []
    _scope(rule, urls, path, causes, namespaced=namespaced)
    if not rule.get("verbs"):
        causes.required(f"{path}.verbs")


def _scope(rule: Object, urls: list[str], path: str, causes: Causes, *, namespaced: bool) -> None:
    if urls:
        if namespaced:
            why = "namespaced rules cannot apply to non-resource URLs"
            causes.invalid(f"{path}.nonResourceURLs", urls, why)
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            causes.invalid(f"{path}.nonResourceURLs", urls, why)
        return
    if not rule.get("apiGroups"):
        causes.required(f"{path}.apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        causes.required(f"{path}.resources", "resource rules must supply at least one resource")


def role_binding_validate(kind: str, obj: Object, causes: Causes) -> None:
    """Check which role is given to whom."""
    ref = obj.get("roleRef") or {}
    if ref.get("apiGroup", GROUP) != GROUP:
        causes.unsupported("roleRef.apiGroup", ref["apiGroup"], [GROUP])
    kinds = ["ClusterRole"] if kind == "ClusterRoleBinding" else ["Role", "ClusterRole"]
    if ref.get("kind") not in kinds:
        causes.unsupported("roleRef.kind", ref.get("kind", ""), kinds)
    name = ref.get("name", "")
    if not name:
        causes.required("roleRef.name")
    for why in segment_problems(name):
        causes.invalid("roleRef.name", name, why)
    for index, subject in enumerate(obj.get("subjects") or ()):
        _subject(subject, f"subjects[{index}]", causes, inside=kind == "RoleBinding")


def _subject(subject: Object, path: str, causes: Causes, *, inside: bool) -> None:
    name, kind, group = (subject.get(key, "") for key in ("name", "kind", "apiGroup"))
    if not name:
        causes.required(f"{path}.name")
    if kind == "ServiceAccount":
        for why in subdomain_problems(name) if name else ():
            causes.invalid(f"{path}.name", name, why)
        if group:
            causes.unsupported(f"{path}.apiGroup", group, [""])
        if not inside and not subject.get("namespace"):
            causes.required(f"{path}.namespace")
    elif kind in ("User", "Group"):
        if group != GROUP:
            causes.unsupported(f"{path}.apiGroup", group, [GROUP])
    else:
        causes.unsupported(f"{path}.kind", kind, ["ServiceAccount", "User", "Group"])
