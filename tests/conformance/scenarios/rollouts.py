"""Deployments and ReplicaSets: made, scaled, rolled out, recreated, removed."""

from __future__ import annotations

from typing import Any

from tests.conformance.scenarios.objects import Object, container
from tests.conformance.talk import STRATEGIC, Talk

CORE = "/api/v1/namespaces/{ns}"
PODS = f"{CORE}/pods"
APPS = "/apis/apps/v1/namespaces/{ns}"
DEPLOYMENTS, SETS = f"{APPS}/deployments", f"{APPS}/replicasets"
REVISION = "deployment.kubernetes.io/revision"


def workload(kind: str, name: str, **spec: Any) -> Object:
    """A Deployment or a ReplicaSet of two pods."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container()]}}
    content = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": content | spec,
    }


def _available(count: int) -> Any:
    """All pods are new ones, and as many as are wanted."""

    def good(body: Any) -> bool:
        status = body.get("status", {})
        counts = [status.get(f"{name}Replicas") for name in ("updated", "available", "ready")]
        newest = status.get("observedGeneration") == body["metadata"]["generation"]
        done = all(
            c.get("reason") in ("MinimumReplicasAvailable", "NewReplicaSetAvailable")
            for c in status.get("conditions", ())
        )
        whole = status.get("replicas") == count and not status.get("terminatingReplicas")
        return newest and done and whole and counts == [count] * 3

    return good


def _rolled_out(t: Talk, path: str, count: int, *, quiet: bool = False) -> None:
    """Wait until a Deployment is done; its conditions come in any order."""
    found = t.until(path, _available(count), quiet=True)
    found["status"]["conditions"].sort(key=lambda one: one["type"])
    if not quiet:
        t.say(f"{count} pods", found)


def _sets(t: Talk, name: str) -> None:
    """The sets of a Deployment by their revision."""
    found = t.get(SETS, query={"labelSelector": f"app={name}"}, quiet=True)["items"]
    found.sort(key=lambda item: int(item["metadata"]["annotations"][REVISION]))
    t.say(f"sets of {name}", found)


def _events(t: Talk, kind: str) -> None:
    """What was said of the objects of a kind."""
    items = t.get(f"{CORE}/events", quiet=True)["items"]
    about = [e for e in items if e["involvedObject"]["kind"] == kind]
    found = sorted([e["type"], e["reason"], e["message"]] for e in about)
    t.say(f"events of {kind}", found)


def rolled(t: Talk) -> None:
    """Pod by pod from one template to the next, and back by the old set."""
    path = f"{DEPLOYMENTS}/web"
    t.post(DEPLOYMENTS, workload("Deployment", "web"))
    _rolled_out(t, path, 2)
    _sets(t, "web")
    pod = t.get(PODS, query={"labelSelector": "app=web"}, quiet=True)["items"][0]
    t.say("a pod", [pod["metadata"]["labels"], pod["metadata"]["ownerReferences"]])
    t.patch(f"{path}/scale", {"spec": {"replicas": 3}})
    _rolled_out(t, path, 3)
    newer = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "b:2"}]}}}}
    t.patch(path, newer, STRATEGIC, quiet=True)
    _rolled_out(t, path, 3)
    _sets(t, "web")
    _events(t, "Deployment")
    older = {"spec": {"template": {"spec": {"containers": [container()]}}}}
    t.patch(path, older, STRATEGIC, quiet=True)
    _rolled_out(t, path, 3)
    _sets(t, "web")
    t.patch(path, {"spec": {"selector": {"matchLabels": {"app": "x"}}}})
    t.delete(path, {"propagationPolicy": "Foreground"}, quiet=True)
    t.until(path, lambda b: b["kind"] == "Status", quiet=True)
    t.until(PODS, lambda b: not b["items"], quiet=True)
    t.say("sets left", t.get(SETS, quiet=True)["items"])


def recreated(t: Talk) -> None:
    """All old pods go before any new one comes."""
    path = f"{DEPLOYMENTS}/web"
    t.post(DEPLOYMENTS, workload("Deployment", "web", strategy={"type": "Recreate"}), quiet=True)
    _rolled_out(t, path, 2, quiet=True)
    newer = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "b:2"}]}}}}
    t.patch(path, newer, STRATEGIC, quiet=True)
    _rolled_out(t, path, 2)
    _sets(t, "web")
    _events(t, "Deployment")


def replicated(t: Talk) -> None:
    """A ReplicaSet by itself."""
    path = f"{SETS}/web"
    t.post(SETS, workload("ReplicaSet", "web"))
    t.until(path, lambda b: b["status"].get("availableReplicas") == 2)
    pods = t.get(PODS, quiet=True)["items"]
    first = pods[0]["metadata"]
    t.delete(f"{PODS}/{first['name']}", quiet=True)
    t.until(
        PODS,
        lambda b: len(b["items"]) == 2 and first["uid"] not in
        [item["metadata"]["uid"] for item in b["items"]],
        quiet=True,
    )  # fmt: skip
    t.get(f"{path}/scale")
    t.patch(f"{path}/scale", {"spec": {"replicas": 1}})
    t.until(PODS, lambda b: len(b["items"]) == 1, quiet=True)
    t.until(path, lambda b: b["status"].get("availableReplicas") == 1)
    t.delete(path, {"propagationPolicy": "Foreground"}, quiet=True)
    t.until(path, lambda b: b["kind"] == "Status", quiet=True)
    t.say("pods left", t.get(PODS, quiet=True)["items"])


SCENARIOS = (rolled, recreated, replicated)
