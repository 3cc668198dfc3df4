"""Server-side apply: who owns what, conflicts and their causes."""

from __future__ import annotations

from typing import Any

from tests.conformance.scenarios.objects import config, limits, quota, stateful_set
from tests.conformance.talk import STRATEGIC, Talk

CORE = "/api/v1/namespaces/{ns}"
MAPS = f"{CORE}/configmaps"
SETS = "/apis/apps/v1/namespaces/{ns}/statefulsets"


def owners(t: Talk) -> None:
    """Fields change hands, conflict, are forced and given up."""
    one = f"{MAPS}/one"
    t.apply(one, config("one", {"a": "1", "b": "1"}, labels={"l": "1"}), "first")
    t.apply(one, config("one", {"a": "1", "b": "1"}, labels={"l": "1"}), "first")
    t.apply(one, config("one", {"b": "1", "c": "1"}), "second")
    t.apply(one, config("one", {"a": "2", "b": "2"}), "second")
    t.apply(one, config("one", {"a": "2", "b": "2"}), "second", force=True)
    t.apply(one, config("one", {"b": "3"}, labels={"l": "2"}), "first")
    t.apply(one, config("one", {"c": "1"}), "first")
    t.patch(one, {"data": {"c": "9"}}, query={"fieldManager": "hand"})
    t.apply(one, config("one", {"c": "1"}), "first")
    t.apply(one, config("one", {"d": "1"}), "third", query={"dryRun": "All"})


def refusals(t: Talk) -> None:
    """What an apply may not be."""
    one = f"{MAPS}/one"
    t.patch(one, config("one"), "application/apply-patch+yaml")
    t.apply(one, config("other"), "m")
    t.apply(one, config("one") | {"nonsense": 1}, "m")
    t.apply(one, config("one") | {"data": {"a": 5}}, "m")
    t.apply(one, config("one", resourceVersion="1"), "m")
    t.apply(one, config("one", managedFields=[{"manager": "x"}]), "m")
    t.apply(one, {"metadata": {"name": "one"}}, "m")
    t.apply(one, config("one"), "x" * 129)
    made = t.apply(one, config("one", {"a": "1"}), "m")
    t.apply(
        one, config("one", {"a": "2"}, resourceVersion=made["metadata"]["resourceVersion"]), "m"
    )
    t.apply(
        one, config("one", {"a": "3"}, resourceVersion=made["metadata"]["resourceVersion"]), "m"
    )
    t.apply(one, config("one", uid="0" * 8 + "-0000-0000-0000-" + "0" * 12), "m")


def quotas(t: Talk) -> None:
    """What Berth does with a quota: create an empty one, apply, meet a stranger's change."""
    path = f"{CORE}/resourcequotas"
    t.post(path, quota("q", {}), query={"fieldManager": "berth"})
    t.apply(f"{path}/q", quota("q", {"requests.cpu": "1000m", "limits.memory": "1024Mi"}), "berth")
    t.until(f"{path}/q", lambda b: b.get("status", {}).get("hard"))
    changed = {"spec": {"hard": {"requests.cpu": "3"}}}
    t.patch(f"{path}/q", changed, query={"fieldManager": "somebody"})
    t.apply(f"{path}/q", quota("q", {"requests.cpu": "2"}), "berth")
    t.patch(f"{path}/q", {"spec": {"hard": {"requests.cpu": "2"}}}, query={"fieldManager": "berth"})


def lists(t: Talk) -> None:
    """Lists whose items have keys, and a StatefulSet changed by others."""

    def noted(what: str, found: Any) -> None:
        """Without what the controller says, which comes in its own time."""
        meta = found["metadata"]
        managers = [m for m in meta.get("managedFields", ()) if m.get("subresource") != "status"]
        t.say(what, [found.get("spec", found), meta.get("generation"), {"managedFields": managers}])

    body = stateful_set("set", replicas=0)
    noted("applied", t.apply(f"{SETS}/set", body, "berth", quiet=True))
    scaled = {"spec": {"replicas": 0, "template": {"metadata": {"annotations": {"n": "1"}}}}}
    hand = {"query": {"fieldManager": "hand"}, "quiet": True}
    noted("annotated", t.patch(f"{SETS}/set", scaled, **hand))
    extra = {"name": "side", "image": "b:1"}
    sidecar = {"spec": {"template": {"spec": {"containers": [extra]}}}}
    noted("sidecar", t.patch(f"{SETS}/set", sidecar, STRATEGIC, **hand))
    image = {"name": "main", "image": "c:1"}
    newer = {"spec": {"template": {"spec": {"containers": [image]}}}}
    noted("image", t.patch(f"{SETS}/set", newer, STRATEGIC, **hand))
    t.apply(f"{SETS}/set", body, "berth")
    gone = {"$patch": "delete", "name": "side"}
    removed = {"spec": {"template": {"spec": {"containers": [gone]}}}}
    noted("removed", t.patch(f"{SETS}/set", removed, STRATEGIC, **hand))


def furniture(t: Talk) -> None:
    """The other kinds that Berth applies."""
    item = {"type": "Container", "default": {"memory": "1024Mi"}, "defaultRequest": {"cpu": "0.1"}}
    t.apply(f"{CORE}/limitranges/l", limits("l", item), "berth")
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "n"},
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"podSelector": {}}]}],
            "egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}],
        },
    }
    t.apply("/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies/n", policy, "berth")
    group = "rbac.authorization.k8s.io"
    binding: dict[str, Any] = {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "berth-tenant-viewer"},
        "subjects": [{"kind": "Group", "name": "g", "apiGroup": group}],
    }
    path = f"/apis/{group}/v1/namespaces/{{ns}}/rolebindings/b"
    t.apply(path, binding, "berth")
    other = binding | {"roleRef": binding["roleRef"] | {"name": "berth-tenant-owner"}}
    t.apply(path, other, "berth")


SCENARIOS = (owners, refusals, quotas, lists, furniture)
