"""What admission refuses: quotas, limit ranges, pod security, namespaces that go, and Berth's
own policies."""

from __future__ import annotations

from typing import Any

from tests.conformance.scenarios.objects import (
    container,
    job,
    limits,
    pod,
    quota,
    stateful_set,
)
from tests.conformance.talk import STRATEGIC, Talk

CORE = "/api/v1/namespaces/{ns}"
PODS = f"{CORE}/pods"


def _account(t: Talk) -> None:
    path = f"{CORE}/serviceaccounts/default"
    t.until(path, lambda b: b["kind"] == "ServiceAccount", quiet=True)


def _asks(**amounts: str) -> list[dict[str, Any]]:
    named = {key.replace("gpu", "nvidia.com/gpu"): value for key, value in amounts.items()}
    return [container(resources={"requests": named, "limits": named})]


def quotas(t: Talk) -> None:
    """A quota that is full, its use, and its release."""
    _account(t)
    hard = {
        "requests.cpu": "2",
        "limits.memory": "2Gi",
        "requests.nvidia.com/gpu": "1",
        "pods": "3",
    }
    t.post(f"{CORE}/resourcequotas", quota("q", hard))
    t.until(f"{CORE}/resourcequotas/q", lambda b: b.get("status", {}).get("hard"))
    t.post(PODS, pod("bare"))
    t.post(PODS, pod("one", containers=_asks(cpu="1500m", memory="1Gi", gpu="1")), quiet=True)
    t.get(f"{CORE}/resourcequotas/q")
    t.post(PODS, pod("two", containers=_asks(cpu="1", memory="2Gi", gpu="1")))
    t.post(PODS, pod("two", containers=_asks(cpu="100m", memory="1Gi")), quiet=True)
    small = {"spec": {"hard": {"requests.cpu": "1"}}}
    t.patch(f"{CORE}/resourcequotas/q", small, quiet=True)
    t.until(f"{CORE}/resourcequotas/q", lambda b: b["status"]["hard"]["requests.cpu"] == "1")
    t.until(f"{PODS}/one", lambda b: b["status"].get("phase") == "Running", quiet=True)
    more = [
        {"name": "main", "resources": {"requests": {"cpu": "1700m"}, "limits": {"cpu": "1700m"}}}
    ]
    t.patch(f"{PODS}/one/resize", {"spec": {"containers": more}}, STRATEGIC)
    t.delete(f"{PODS}/one", quiet=True)
    t.until(f"{CORE}/resourcequotas/q", lambda b: b["status"]["used"]["requests.cpu"] == "100m")
    t.post(f"{CORE}/resourcequotas", quota("none", {"pods": "0", "count/configmaps": "1"}))
    t.until(f"{CORE}/resourcequotas/none", lambda b: b.get("status", {}).get("hard"))
    t.post(PODS, pod("three", containers=_asks(cpu="100m", memory="1Gi")))
    t.post(f"{CORE}/resourcequotas", quota("bad", {"requests.cpu": "x"}))
    t.post(f"{CORE}/resourcequotas", quota("bad", {"requests.cpu": "-1"}))
    t.post(f"{CORE}/resourcequotas", quota("bad", {"nonsense": "1"}))
    t.delete(f"{CORE}/resourcequotas/none", quiet=True)
    held = stateful_set("held", replicas=1)
    t.post("/apis/apps/v1/namespaces/{ns}/statefulsets", held, quiet=True)
    events = t.until(
        f"{CORE}/events",
        lambda b: [e for e in b["items"] if e["involvedObject"]["name"] == "held"],
        quiet=True,
    )["items"]
    told = next(e for e in events if e["involvedObject"]["name"] == "held")
    t.say("what the set says", [told["type"], told["reason"], told["message"]])


def ranges(t: Talk) -> None:
    """Defaults, bounds and ratios of a LimitRange."""
    _account(t)
    item = {
        "type": "Container",
        "default": {"cpu": "500m", "memory": "256Mi"},
        "defaultRequest": {"cpu": "100m"},
        "min": {"cpu": "50m"},
        "max": {"cpu": "1", "memory": "1Gi"},
        "maxLimitRequestRatio": {"cpu": "8"},
    }
    whole = {"type": "Pod", "max": {"memory": "1536Mi"}}
    t.post(f"{CORE}/limitranges", limits("l", item, whole))
    gate = {"schedulingGates": [{"name": "example.test/wait"}]}
    t.post(PODS, pod("defaults", **gate))
    own = [container(resources={"requests": {"memory": "64Mi"}, "limits": {"cpu": "1"}})]
    t.post(PODS, pod("own", containers=own, **gate))
    t.post(PODS, pod("large", containers=_asks(memory="2Gi")))
    t.post(PODS, pod("tiny", containers=_asks(cpu="10m")))
    wide = [container(resources={"requests": {"cpu": "60m"}, "limits": {"cpu": "900m"}})]
    t.post(PODS, pod("wide", containers=wide))
    two = [container("a"), container("b")]
    for each in two:
        each["resources"] = {"limits": {"memory": "1Gi"}}
    t.post(PODS, pod("two", containers=two))
    bad = {"type": "Container", "default": {"cpu": "2"}, "max": {"cpu": "1"}}
    t.post(f"{CORE}/limitranges", limits("bad", bad))


def security(t: Talk) -> None:
    """Namespaces that enforce a level of pod security."""
    _account(t)
    enforce = "pod-security.kubernetes.io/enforce"
    t.patch(CORE, {"metadata": {"labels": {enforce: "baseline"}}}, quiet=True)
    t.post(PODS, pod("host", hostNetwork=True, hostPID=True))
    privileged = container(securityContext={"privileged": True})
    t.post(PODS, pod("strong", containers=[privileged]))
    volumes = [{"name": "v", "hostPath": {"path": "/"}}]
    t.post(PODS, pod("path", volumes=volumes))
    port = container(ports=[{"containerPort": 80, "hostPort": 80}])
    t.post(PODS, pod("port", containers=[port]))
    t.post(PODS, pod("fine"), query={"dryRun": "All"}, quiet=True)
    t.patch(CORE, {"metadata": {"labels": {enforce: "restricted"}}}, quiet=True)
    t.post(PODS, pod("lax"))
    able = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    good = container(securityContext=able)
    strict = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    made = t.post(
        PODS, pod("good", containers=[good], securityContext=strict), query={"dryRun": "All"}
    )
    t.say("made", made["kind"])
    t.post(PODS, pod("root", containers=[good], securityContext=strict | {"runAsUser": 0}))
    t.patch(CORE, {"metadata": {"labels": {enforce: "nonsense"}}})


def namespaces(t: Talk) -> None:
    """A namespace that is made, held and goes with all that is in it."""
    made = t.post("/api/v1/namespaces", {"metadata": {"generateName": "gen-"}}, quiet=True)
    name = made["metadata"]["name"]
    t.say("made", made)
    path = f"/api/v1/namespaces/{name}"
    t.until(f"{path}/configmaps/kube-root-ca.crt", lambda b: b["kind"] == "ConfigMap", quiet=True)
    t.until(f"{path}/serviceaccounts/default", lambda b: b["kind"] == "ServiceAccount", quiet=True)
    held = {"metadata": {"name": "held", "finalizers": ["example.test/hold"]}}
    t.post(f"{path}/configmaps", held, quiet=True)
    answer = t.delete(path, quiet=True)
    t.say("deleted", [answer["kind"], answer.get("status", {}).get("phase")])
    t.say("refused", t.post(f"{path}/configmaps", {"metadata": {"name": "late"}}, quiet=True))

    def told(body: Any) -> bool:
        kinds = {c["type"] for c in body.get("status", {}).get("conditions", ())}
        return "NamespaceContentRemaining" in kinds

    t.say("waiting", t.until(path, told, quiet=True)["status"])
    t.patch(f"{path}/configmaps/held", {"metadata": {"finalizers": None}}, quiet=True)
    t.say("gone", t.until(path, lambda b: b["kind"] == "Status", quiet=True))
    t.post("/api/v1/namespaces", {"metadata": {"name": "{ns}".replace("{ns}", t.namespace)}})
    t.delete("/api/v1/namespaces/kube-system")
    t.delete("/api/v1/namespaces/default")


def _space(t: Talk, kind: str) -> dict[str, Any]:
    labels = {
        "berth.dev/installation": "test",
        "berth.dev/tenant": "vision",
        "berth.dev/kind": kind,
    }
    notes = {}
    if kind == "open":
        labels["berth.dev/pool"] = "gpu"
        notes = {"berth.dev/devices": "nvidia.com/gpu", "berth.dev/tolerations": "team/gpu"}
    meta = {"name": f"{t.namespace}-{kind}", "labels": labels, "annotations": notes}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}


def managed(t: Talk) -> None:
    """Where only Berth starts things."""
    space = f"{t.namespace}-managed"
    core, apps = f"/api/v1/namespaces/{space}", f"/apis/apps/v1/namespaces/{space}"
    own = {"berth.dev/installation": "test", "berth.dev/allocation": "7"}
    t.post("/api/v1/namespaces", _space(t, "managed"))
    t.post("/api/v1/namespaces", _space(t, "managed"), user="berth", quiet=True)
    t.until(f"{core}/serviceaccounts/default", lambda b: b["kind"] == "ServiceAccount", quiet=True)
    work = stateful_set("work", replicas=1)
    work["metadata"]["labels"] = own
    t.post(f"{apps}/statefulsets", work, user="berth")
    t.until(f"{core}/pods", lambda b: b["items"], quiet=True)
    t.post(f"{core}/pods", pod("own"))
    t.post(f"{apps}/statefulsets", stateful_set("s"))
    t.post(f"/apis/batch/v1/namespaces/{space}/jobs", job("j"))
    target = {"target": {"kind": "Node", "name": "cpu-1"}}
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "any"}} | target
    t.post(f"{core}/pods/any/binding", binding)
    # Two policies refuse this, and which of them speaks is chance on a real server.
    refused = t.patch(f"{apps}/statefulsets/work", {"spec": {"replicas": 9}}, quiet=True)
    t.say("changed", [refused["code"], "ValidatingAdmissionPolicy 'berth-" in refused["message"]])
    t.patch(f"{apps}/statefulsets/work/scale", {"spec": {"replicas": 9}})
    t.patch(core, {"metadata": {"labels": {"berth.dev/kind": "open"}}})
    t.patch(core, {"metadata": {"annotations": {"berth.dev/devices": "a/b"}}})
    t.delete(f"{apps}/statefulsets/work")
    t.delete(core)
    t.patch(core, {"metadata": {"labels": {"team": "a"}}})
    t.post("/api/v1/namespaces/default/configmaps", {"metadata": {"name": "x"}}, user="berth")
    theft = stateful_set("theft")
    t.post("/apis/apps/v1/namespaces/default/statefulsets", theft, user="berth")
    t.patch("/api/v1/nodes/h100-1", {"spec": {"unschedulable": True}}, user="berth")
    t.patch("/api/v1/nodes/h100-1", {"metadata": {"labels": {"a": "b"}}}, user="berth")
    t.delete(core, user="admin", quiet=True)


def opened(t: Talk) -> None:
    """Where a tenant starts things, in its pool."""
    space = f"{t.namespace}-open"
    core = f"/api/v1/namespaces/{space}"
    t.post("/api/v1/namespaces", _space(t, "open"), user="berth", quiet=True)
    t.until(f"{core}/serviceaccounts/default", lambda b: b["kind"] == "ServiceAccount", quiet=True)
    pinned: dict[str, Any] = {"nodeSelector": {"berth.dev/pool": "gpu"}}
    for spec in (
        {"nodeSelector": {"berth.dev/pool": "other"}},
        pinned | {"nodeName": "h100-1"},
        pinned | {"tolerations": [{"operator": "Exists"}]},
        pinned | {"tolerations": [{"key": "other", "operator": "Exists"}]},
        pinned | {"containers": [container(resources={"limits": {"example.com/fpga": "1"}})]},
        pinned | {"resourceClaims": [{"name": "g", "resourceClaimName": "g"}]},
        pinned | {"priorityClassName": "system-node-critical"},
    ):
        t.post(f"{core}/pods", pod("bad", **spec))
    t.post(f"{core}/pods", pod("fake", labels={"berth.dev/allocation": "7"}, **pinned))
    t.post(f"{core}/pods", pod("plain"))
    t.delete(core, user="admin", quiet=True)


SCENARIOS = (quotas, ranges, security, namespaces, managed, opened)
