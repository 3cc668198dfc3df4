"""StatefulSets, Jobs and pods as their controllers, the scheduler and kubelets leave them."""

from __future__ import annotations

from typing import Any

from tests.conformance.scenarios.objects import IMAGE, container, job, pod, stateful_set
from tests.conformance.talk import STRATEGIC, Talk

CORE = "/api/v1/namespaces/{ns}"
PODS = f"{CORE}/pods"
SETS = "/apis/apps/v1/namespaces/{ns}/statefulsets"
JOBS = "/apis/batch/v1/namespaces/{ns}/jobs"
ENDED = ("Complete", "Failed")


def _account(t: Talk) -> None:
    path = f"{CORE}/serviceaccounts/default"
    t.until(path, lambda b: b["kind"] == "ServiceAccount", quiet=True)


def _running(count: int) -> Any:
    def good(body: Any) -> bool:
        phases = [item["status"].get("phase") for item in body.get("items", ())]
        return phases == ["Running"] * count

    return good


def _condition(kind: str) -> Any:
    def good(body: Any) -> bool:
        found = body.get("status", {}).get("conditions", ())
        return any(c["type"] == kind and c["status"] == "True" for c in found)

    return good


def _events(t: Talk, kind: str, name: str) -> None:
    items = t.get(f"{CORE}/events", quiet=True)["items"]
    found = {
        (e["type"], e["reason"], e["message"])
        for e in items
        if e["involvedObject"]["kind"] == kind and e["involvedObject"]["name"] == name
    }
    t.say(f"events of {kind} {name}", sorted(list(item) for item in found))


def stateful(t: Talk) -> None:
    """Parallel and OnDelete: made at once, changed only when deleted, scaled, removed."""
    _account(t)
    t.post(SETS, stateful_set("work", replicas=3))
    t.until(PODS, _running(3), quiet=True)
    t.until(f"{SETS}/work", lambda b: b["status"].get("readyReplicas") == 3)
    t.until(f"{PODS}/work-1", lambda b: b["status"].get("phase") == "Running")
    newer = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "b:2"}]}}}}
    t.patch(f"{SETS}/work", newer, STRATEGIC)
    t.until(f"{SETS}/work", lambda b: b["status"].get("observedGeneration") == 2)
    t.say("image before", t.get(f"{PODS}/work-0", quiet=True)["spec"]["containers"][0]["image"])
    old = t.get(f"{PODS}/work-0", quiet=True)["metadata"]["uid"]
    t.delete(f"{PODS}/work-0", quiet=True)
    t.until(f"{PODS}/work-0", lambda b: b["metadata"].get("uid", old) != old, quiet=True)
    t.until(PODS, _running(3), quiet=True)
    t.say("image after", t.get(f"{PODS}/work-0", quiet=True)["spec"]["containers"][0]["image"])
    t.until(f"{SETS}/work", lambda b: b["status"].get("updatedReplicas") == 1)
    t.get(f"{SETS}/work/scale")
    t.patch(f"{SETS}/work/scale", {"spec": {"replicas": 1}})
    t.until(PODS, _running(1), quiet=True)
    t.until(f"{SETS}/work", lambda b: b["status"].get("replicas") == 1)
    _events(t, "StatefulSet", "work")
    t.patch(f"{SETS}/work", {"spec": {"serviceName": "other"}})
    t.patch(f"{SETS}/work", {"spec": {"selector": {"matchLabels": {"app": "x"}}}})
    t.post(SETS, stateful_set("bad", selector={"matchLabels": {"app": "y"}}))
    t.delete(f"{SETS}/work", {"propagationPolicy": "Foreground"})
    t.until(f"{SETS}/work", lambda b: b["kind"] == "Status")
    t.get(PODS)


def orphans(t: Talk) -> None:
    """An owner that goes alone leaves its pods."""
    _account(t)
    t.post(SETS, stateful_set("work", replicas=1), quiet=True)
    t.until(PODS, _running(1), quiet=True)
    t.delete(f"{SETS}/work", {"propagationPolicy": "Orphan"}, quiet=True)
    t.until(f"{SETS}/work", lambda b: b["kind"] == "Status", quiet=True)
    t.say("owners", t.get(f"{PODS}/work-0", quiet=True)["metadata"].get("ownerReferences"))


def completed(t: Talk) -> None:
    """An Indexed Job that succeeds."""
    _account(t)
    t.post(JOBS, job("run"))
    t.until(f"{JOBS}/run", _condition("Complete"))
    found = t.get(PODS, quiet=True)["items"]
    marks = sorted(
        p["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] for p in found
    )
    t.say("indexes", marks)
    names = sorted(p["spec"]["hostname"] for p in found)
    t.say("host names", names)
    _events(t, "Job", "run")
    t.patch(f"{JOBS}/run", {"spec": {"completionMode": "NonIndexed"}})
    t.patch(f"{JOBS}/run", {"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}})
    t.delete(f"{JOBS}/run", {"propagationPolicy": "Background"})
    t.until(PODS, lambda b: not b["items"], quiet=True)


def failed(t: Talk) -> None:
    """An Indexed Job whose pods fail until the limit."""
    _account(t)
    t.post(JOBS, job("bad", count=1, command=["false"], backoffLimit=0))
    t.until(f"{JOBS}/bad", _condition("Failed"))
    _events(t, "Job", "bad")
    bad = job("odd", template={"spec": {"containers": [container()]}})
    t.post(JOBS, bad)
    t.post(JOBS, job("odd", parallelism=-1))


def replaced(t: Talk) -> None:
    """A pod that goes is replaced once it has failed; suspended and resumed."""
    _account(t)
    t.post(JOBS, job("long", count=1, command=["sleep", "infinity"]), quiet=True)
    t.until(PODS, _running(1), quiet=True)
    first = t.get(PODS, quiet=True)["items"][0]["metadata"]
    t.delete(f"{PODS}/{first['name']}", quiet=True)
    t.until(
        PODS,
        lambda b: _running(1)(b) and b["items"][0]["metadata"]["uid"] != first["uid"],
        quiet=True,
    )
    t.until(f"{JOBS}/long", lambda b: b["status"].get("ready") == 1)
    t.patch(f"{JOBS}/long", {"spec": {"suspend": True}}, quiet=True)
    t.until(PODS, lambda b: not b["items"], quiet=True)
    status = t.until(f"{JOBS}/long", _condition("Suspended"), quiet=True)["status"]
    t.say("suspended", [status["conditions"], status.get("failed"), status.get("startTime")])
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {
                        "matchFields": [
                            {"key": "metadata.name", "operator": "In", "values": ["l40s-1"]}
                        ]
                    }
                ]
            }
        }
    }
    moved = t.patch(
        f"{JOBS}/long", {"spec": {"template": {"spec": {"affinity": affinity}}}}, quiet=True
    )
    t.say("moved", moved.get("spec") or moved["reason"])  # a Job that has run stays put before 1.35
    t.patch(f"{JOBS}/long", {"spec": {"suspend": False}}, quiet=True)
    t.until(PODS, _running(1), quiet=True)
    node = t.get(PODS, quiet=True)["items"][0]["spec"]["nodeName"]
    t.say("node", node if "spec" in moved else "any")
    t.patch(f"{JOBS}/long", {"spec": {"template": {"spec": {"affinity": None}}}})
    _events(t, "Job", "long")


def scheduling(t: Talk) -> None:
    """Pods that fit, that do not, and what is said of it."""
    _account(t)

    def unfit(name: str, **spec: Any) -> None:
        t.post(PODS, pod(name, **spec), quiet=True)
        found = t.until(f"{PODS}/{name}", lambda b: b["status"].get("conditions"), quiet=True)
        t.say(name, found["status"])

    big = [container(resources={"requests": {"cpu": "1000"}})]
    unfit("big", containers=big)
    devices = [container(resources={"limits": {"nvidia.com/gpu": "9"}})]
    unfit("devices", containers=devices)
    unfit("picky", nodeSelector={"no": "where"})
    term = {"key": "metadata.name", "operator": "In", "values": ["gone"]}
    wanted = {"nodeSelectorTerms": [{"matchFields": [term]}]}
    key = "requiredDuringSchedulingIgnoredDuringExecution"
    unfit("pinned", affinity={"nodeAffinity": {key: wanted}})
    two = [{"matchFields": [term]}, {"matchFields": [term | {"values": ["l40s-1"]}]}]
    good = {"nodeAffinity": {key: {"nodeSelectorTerms": two}}}
    t.post(PODS, pod("good", affinity=good))
    t.until(f"{PODS}/good", lambda b: b["status"].get("phase") == "Running")
    _events(t, "Pod", "big")
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "good"}}
    t.post(f"{PODS}/good/eviction", eviction)
    t.until(f"{PODS}/good", lambda b: b["kind"] == "Status")
    t.post(f"{PODS}/good/eviction", eviction)
    target = {"target": {"kind": "Node", "name": "cpu-1"}}
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "big"}} | target
    t.post(f"{PODS}/big/binding", binding)
    t.post(f"{PODS}/big/binding", binding)


def images(t: Talk) -> None:
    """An image that can't be pulled, and a pod that crashes."""
    _account(t)
    bad = [container() | {"image": "example.test/does-not-exist:1"}]
    t.post(PODS, pod("image", containers=bad), quiet=True)

    def reason(body: Any) -> str:
        states = body["status"].get("containerStatuses") or [{}]
        return str(states[0].get("state", {}).get("waiting", {}).get("reason", ""))

    t.until(f"{PODS}/image", lambda b: reason(b) == "ImagePullBackOff")
    healed = {"spec": {"containers": [{"name": "main", "image": IMAGE}]}}
    t.patch(f"{PODS}/image", healed, STRATEGIC, quiet=True)
    t.until(f"{PODS}/image", lambda b: b["status"]["phase"] == "Running")
    t.post(PODS, pod("crash", containers=[container(command=["false"])]), quiet=True)
    t.until(f"{PODS}/crash", lambda b: reason(b) == "CrashLoopBackOff")
    ends = pod(
        "ends", restartPolicy="Never", containers=[container(command=["sh", "-c", "exit 3"])]
    )
    t.post(PODS, ends, quiet=True)
    t.until(f"{PODS}/ends", lambda b: b["status"]["phase"] == "Failed")


def resize(t: Talk) -> None:
    """A running pod gets other amounts in place."""
    _account(t)
    asked = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
    place = {"kubernetes.io/hostname": "l40s-1"}
    made = pod("r", containers=[container(resources=asked)], nodeSelector=place)
    t.post(PODS, made, quiet=True)
    t.until(f"{PODS}/r", lambda b: b["status"].get("phase") == "Running", quiet=True)
    more = [{"name": "main", "resources": {"requests": {"cpu": "2"}}}]
    t.patch(f"{PODS}/r/resize", {"spec": {"containers": more}}, STRATEGIC)

    def done(body: Any) -> bool:
        status = body["status"]
        held = status["containerStatuses"][0].get("resources", {}).get("requests", {}).get("cpu")
        kinds = {c["type"] for c in status["conditions"]}
        return held == "2" and "PodResizeInProgress" not in kinds

    t.until(f"{PODS}/r", done)
    wide = [{"name": "main", "resources": {"requests": {"cpu": "9000"}}}]
    t.patch(f"{PODS}/r/resize", {"spec": {"containers": wide}}, STRATEGIC)
    image = [{"name": "main", "image": "b:1"}]
    kept = t.patch(f"{PODS}/r/resize", {"spec": {"containers": image}}, STRATEGIC, quiet=True)
    t.say("an image is not resized", [kept["spec"]["containers"], kept["metadata"]["generation"]])
    less = [{"name": "main", "resources": {"requests": {"cpu": "1"}}}]
    t.patch(f"{PODS}/r", {"spec": {"containers": less}}, STRATEGIC)


def tainted(t: Talk) -> None:
    """A taint that drives pods away: at once, after their patience, never."""
    _account(t)
    bears: list[dict[str, Any]] = [
        {"name": "none"}, {"name": "soon", "tolerationSeconds": 2}, {"name": "ever"},
    ]  # fmt: skip
    place = {"kubernetes.io/hostname": "cpu-1"}
    for one in bears:
        taken = {"key": "conformance", "operator": "Exists", "effect": "NoExecute"}
        taken |= {k: v for k, v in one.items() if k != "name"}
        tolerations = [] if one["name"] == "none" else [taken]
        t.post(PODS, pod(one["name"], nodeSelector=place, tolerations=tolerations), quiet=True)
    t.until(PODS, _running(3), quiet=True)
    node = "/api/v1/nodes/cpu-1"
    taint = {"key": "conformance", "effect": "NoExecute"}
    before = t.get(node, quiet=True)["spec"].get("taints", [])
    t.patch(node, {"spec": {"taints": [*before, taint]}}, quiet=True)
    t.until(f"{PODS}/none", lambda b: b["kind"] == "Status")
    t.say("left first", sorted(p["metadata"]["name"] for p in t.get(PODS, quiet=True)["items"]))
    t.until(f"{PODS}/soon", lambda b: b["kind"] == "Status")
    t.say("left", [p["metadata"]["name"] for p in t.get(PODS, quiet=True)["items"]])
    t.patch(node, {"spec": {"taints": before or None}}, quiet=True)
    items = t.get(f"{CORE}/events", quiet=True)["items"]
    found = {(e["reason"], e["message"]) for e in items if e["reason"] == "TaintManagerEviction"}
    t.say("events", sorted(list(item) for item in found))


SCENARIOS = (
    stateful, orphans, completed, failed, replaced, scheduling, images, resize, tainted,
)  # fmt: skip
