"""What Berth's account may do, against what the shipped roles say it should."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

import msgspec

from inventory.k8s.client import ClusterClient
from inventory.k8s.shipped import Need, needs
from inventory.labels import SYSTEM_NAMESPACE, USERNAME

AUTHORIZATION = "/apis/authorization.k8s.io/v1"
REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
MAX_EXTRA = 50
# What every account of a cluster has by default (system:basic-user, trust bundle discovery).
BASIC = frozenset(
    {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"}
    | {"clustertrustbundles"}
)
# Whoever has one of these is close to having everything.
DANGEROUS = frozenset(
    {
        ("get", "secrets"),
        ("list", "secrets"),
        ("create", "pods/exec"),
        ("create", "nodes/proxy"),
        ("create", "serviceaccounts/token"),
        ("impersonate", "users"),
        ("impersonate", "groups"),
        ("bind", "clusterroles"),
        ("escalate", "clusterroles"),
    }
)


class Rule(msgspec.Struct, rename="camel"):
    """One rule of a SelfSubjectRulesReview."""

    verbs: list[str] | None = None
    api_groups: list[str] | None = None
    resources: list[str] | None = None
    resource_names: list[str] | None = None

    def covers(self, need: Need) -> bool:
        """Tell whether this rule allows what is needed."""
        names = self.resource_names or []
        return (
            _has(self.verbs, need.verb)
            and _has(self.api_groups, need.group)
            and _has_resource(self.resources, need.resource)
            and (not names or (bool(need.name) and need.name in names))
        )


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison. `read` and `act` say whether each role is there as a whole.

    `missing` and `extra` are lists of {"role", "group", "resource", "verb", "name"}, `extra` with
    "danger"; `everything` says that the account may do all there is.
    """

    user: str
    read: bool
    act: bool
    renew: bool
    everything: bool
    missing: list[dict[str, Any]]
    extra: list[dict[str, Any]]

    @property
    def is_own_account(self) -> bool:
        """Tell whether the account is the one that the admission policies let through."""
        return self.user == USERNAME


def whoami(client: ClusterClient) -> str:
    """The name under which the cluster knows us; raises Unauthorized when it doesn't."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = client.request("POST", REVIEW, body=body)
    return str(answer.get("status", {}).get("userInfo", {}).get("username", ""))


def compare(client: ClusterClient) -> Rights:
    """Compare the account's rights with the shipped roles. Raises ClusterError.

    A cluster lists rules by namespace only. In one that does not exist nothing but the
    cluster-wide ones hold; in any other a RoleBinding there would pass for them.
    """
    user = whoami(client)
    nowhere = f"berth-nowhere-{secrets.token_hex(8)}"
    spaces = {"": _rules(client, nowhere), SYSTEM_NAMESPACE: _rules(client, SYSTEM_NAMESPACE)}
    wanted = needs()
    missing = []
    for need in wanted:
        rules, incomplete = spaces[need.namespace]
        if any(rule.covers(need) for rule in rules):
            continue
        if incomplete and _may(client, need):
            continue
        missing.append(need)
    short = {need.role for need in missing}
    rules = spaces[""][0]
    extra = _extra(rules, wanted)
    return Rights(
        user=user,
        read="berth-read" not in short,
        act="berth-act" not in short,
        renew="berth-token" not in short,
        everything=any(
            _has(r.verbs, "*") and _has(r.api_groups, "*") and _has(r.resources, "*") for r in rules
        ),
        missing=[_plain(need) for need in missing],
        extra=extra[:MAX_EXTRA],
    )


def _rules(client: ClusterClient, namespace: str) -> tuple[list[Rule], bool]:
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    answer = client.request("POST", f"{AUTHORIZATION}/selfsubjectrulesreviews", body=body)
    status = answer.get("status", {})
    rules = msgspec.convert(status.get("resourceRules") or [], list[Rule])
    return rules, bool(status.get("incomplete"))


def _may(client: ClusterClient, need: Need) -> bool:
    """Ask for one right, where the cluster can't list them all (webhook authorisers)."""
    resource, _slash, sub = need.resource.partition("/")
    attributes = {
        "group": need.group,
        "resource": resource,
        "subresource": sub,
        "verb": need.verb,
        "name": need.name,
        "namespace": need.namespace,
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {k: v for k, v in attributes.items() if v}},
    }
    answer = client.request("POST", f"{AUTHORIZATION}/selfsubjectaccessreviews", body=body)
    return bool(answer.get("status", {}).get("allowed"))


def _extra(rules: Iterable[Rule], wanted: list[Need]) -> list[dict[str, Any]]:
    """What the rules allow beyond the shipped roles, the dangerous first."""
    known = {(n.group, n.resource, n.verb, n.name) for n in wanted}
    found: dict[tuple[str, str, str, str], bool] = {}
    for rule in rules:
        for group in rule.api_groups or ():
            for resource in rule.resources or ():
                if resource in BASIC:
                    continue
                for verb in rule.verbs or ():
                    for name in rule.resource_names or ("",):
                        key = (group, resource, verb, name)
                        if key not in known and (group, resource, verb, "") not in known:
                            found[key] = _is_dangerous(resource, verb, name)
    ordered = sorted(found.items(), key=lambda item: (not item[1], item[0]))
    return [
        {"group": g, "resource": r, "verb": v, "name": n, "danger": danger}
        for (g, r, v, n), danger in ordered
    ]


def _is_dangerous(resource: str, verb: str, name: str) -> bool:
    if name:
        return False
    return any(
        verb in ("*", dangerous_verb) and resource in ("*", dangerous)
        for dangerous_verb, dangerous in DANGEROUS
    )


def _has(values: list[str] | None, wanted: str) -> bool:
    return bool(values) and (wanted in (values or ()) or "*" in (values or ()))


def _has_resource(values: list[str] | None, wanted: str) -> bool:
    _resource, _slash, sub = wanted.partition("/")
    return _has(values, wanted) or (bool(sub) and f"*/{sub}" in (values or ()))


def _plain(need: Need) -> dict[str, Any]:
    return {
        "role": need.role,
        "group": need.group,
        "resource": need.resource,
        "verb": need.verb,
        "name": need.name,
    }
