"""Who one is, what one may do, and what is said to those who may not."""

from __future__ import annotations

from typing import Any

from tests.conformance.scenarios.objects import config, pod
from tests.conformance.talk import Talk

CORE = "/api/v1/namespaces/{ns}"
REVIEWS = "/apis/authorization.k8s.io/v1"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
RBAC = "rbac.authorization.k8s.io"
ROLES = f"/apis/{RBAC}/v1/namespaces/{{ns}}"


def _review(kind: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}


def _binding(name: str, role: str, kind: str = "Role", user: str = "guest") -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": role},
        "subjects": [{"kind": "User", "name": user, "apiGroup": RBAC}],
    }


def refusals(t: Talk) -> None:
    """A guest, a stranger, nobody, and Berth where it may not."""
    t.get(f"{CORE}/pods", user="guest")
    t.get("/api/v1/pods", user="guest")
    t.get(f"{CORE}/pods/x", user="guest")
    t.get("/api/v1/nodes", user="guest")
    t.get("/apis/apps/v1/statefulsets", user="guest")
    t.post(f"{CORE}/pods", pod("x"), user="guest")
    t.patch(f"{CORE}/pods/x", {}, user="guest")
    t.delete(f"{CORE}/pods", user="guest")
    t.get(f"{CORE}/pods?watch=true", user="guest")
    t.post(f"{CORE}/pods/x/eviction", {}, user="guest")
    t.get("/metrics", user="guest")
    t.get("/version", user="guest")
    t.get(f"{CORE}/pods", user="nonsense")
    t.get(f"{CORE}/pods", user="")
    t.get("/readyz", user="")
    t.get("/api/v1/secrets", user="berth")
    t.get(f"{CORE}/nonsense", user="guest")


def reviews(t: Talk) -> None:
    """Questions about oneself and others."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    for user in ("admin", "tester", "guest", "berth"):
        answer = t.post(WHO, review, user=user, quiet=True)
        info = answer["status"]["userInfo"]
        t.say(f"{user} is", [info["username"], sorted(info.get("groups", []))])
    own = f"{REVIEWS}/selfsubjectaccessreviews"
    nodes = {"resource": "nodes", "verb": "list"}
    t.post(own, _review("SelfSubjectAccessReview", resourceAttributes=nodes), user="berth")
    t.post(own, _review("SelfSubjectAccessReview", resourceAttributes=nodes), user="guest")
    t.post(own, _review("SelfSubjectAccessReview", resourceAttributes=nodes), user="admin")
    path = {"path": "/apis/apps", "verb": "get"}
    t.post(own, _review("SelfSubjectAccessReview", nonResourceAttributes=path), user="guest")
    t.post(own, _review("SelfSubjectAccessReview"), user="guest")
    who = _review("SubjectAccessReview", resourceAttributes=nodes, user="guest")
    t.post(f"{REVIEWS}/subjectaccessreviews", who)
    t.post(f"{REVIEWS}/selfsubjectrulesreviews", _review("SelfSubjectRulesReview"), user="guest")
    rule = {"apiGroups": [""], "resources": ["pods"], "resourceNames": ["p"], "verbs": ["get"]}
    role = {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": {"name": "r"}, "rules": [rule]}
    t.post(f"{ROLES}/roles", role, quiet=True)
    t.post(f"{ROLES}/rolebindings", _binding("b", "r"), quiet=True)
    t.until(f"{CORE}/pods/p", lambda b: b.get("code") == 404, user="guest", quiet=True)
    for space in ("default", t.namespace):
        asked = _review("SelfSubjectRulesReview", namespace=space)
        answer = t.post(f"{REVIEWS}/selfsubjectrulesreviews", asked, user="guest", quiet=True)
        rules = answer["status"]["resourceRules"]
        told = sorted(str(sorted((k, sorted(v)) for k, v in rule.items())) for rule in rules)
        t.say(f"guest in {space}", [told, answer["status"]["incomplete"]])


def roles(t: Talk) -> None:
    """Rights that are given and taken, and that nobody gives who has them not."""
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "create"]}
    role = {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": {"name": "r"}, "rules": [rule]}
    t.post(f"{ROLES}/roles", role)
    t.post(f"{ROLES}/rolebindings", _binding("b", "r"))
    t.until(f"{CORE}/configmaps", lambda b: b["kind"] == "ConfigMapList", user="guest", quiet=True)
    t.post(f"{CORE}/configmaps", config("g"), user="guest")
    t.delete(f"{CORE}/configmaps/g", user="guest")
    t.patch(f"{ROLES}/roles/r", {"rules": [rule | {"resourceNames": ["g"], "verbs": ["get"]}]})
    t.until(f"{CORE}/configmaps", lambda b: b["kind"] == "Status", user="guest")
    t.get(f"{CORE}/configmaps/g", user="guest")
    admin = {"apiGroups": [RBAC], "resources": ["rolebindings", "roles"], "verbs": ["*"]}
    t.post(f"{ROLES}/roles", role | {"metadata": {"name": "granter"}, "rules": [admin]})
    t.post(f"{ROLES}/rolebindings", _binding("granter", "granter"))
    t.until(f"{ROLES}/roles", lambda b: b["kind"] == "RoleList", user="guest", quiet=True)
    t.post(f"{ROLES}/rolebindings", _binding("grab", "cluster-admin", "ClusterRole"), user="guest")
    secret = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    t.post(f"{ROLES}/roles", role | {"metadata": {"name": "x"}, "rules": secret}, user="guest")
    t.patch(f"{ROLES}/rolebindings/b", {"roleRef": {"name": "other"}})
    t.post(f"{ROLES}/rolebindings", _binding("odd", "r", "Nonsense"))


def tokens(t: Talk) -> None:
    """Tokens of accounts: asked for, used, refused."""
    path = f"{CORE}/serviceaccounts"
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}}
    t.post(path, account)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
    answer = t.post(f"{path}/robot/token", request | {"spec": {"expirationSeconds": 600}})
    token = answer["status"]["token"]
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    t.post(WHO, review, user=token)
    t.post(f"{path}/robot/token", request | {"spec": {"expirationSeconds": 5}})
    t.post(f"{path}/nobody/token", request | {"spec": {}})
    t.get(f"{CORE}/pods", user=token)
    own = "/api/v1/namespaces/berth-system/serviceaccounts/berth/token"
    answer = t.post(own, request | {"spec": {"expirationSeconds": 3600}}, user="berth", quiet=True)
    t.say("berth renews", sorted(answer["status"]))
    t.post(f"{path}/robot/token", request | {"spec": {}}, user="berth")


SCENARIOS = (refusals, reviews, roles, tokens)
