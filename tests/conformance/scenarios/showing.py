"""Discovery and the tables that kubectl prints."""

from __future__ import annotations

from tests.conformance.scenarios.objects import (
    config,
    container,
    job,
    limits,
    pod,
    quota,
    stateful_set,
)
from tests.conformance.talk import TABLE, Talk

CORE = "/api/v1/namespaces/{ns}"
APPS = "/apis/apps/v1/namespaces/{ns}"
BATCH = "/apis/batch/v1/namespaces/{ns}"
MODELLED = {
    "": ["configmaps", "events", "limitranges", "namespaces", "nodes", "pods", "resourcequotas",
         "secrets", "serviceaccounts"],
    "apps": ["controllerrevisions", "statefulsets"],
    "batch": ["jobs"],
    "rbac.authorization.k8s.io": ["clusterrolebindings", "clusterroles", "rolebindings", "roles"],
    "networking.k8s.io": ["networkpolicies"],
    "admissionregistration.k8s.io": [
        "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
        "validatingadmissionpolicies", "validatingadmissionpolicybindings",
    ],
    "scheduling.k8s.io": ["priorityclasses"],
}  # fmt: skip


def discovery(t: Talk) -> None:
    """What is served, of the kinds that the simulator models."""
    t.get("/readyz", user="")
    t.get("/api", quiet=True)
    version = t.get("/version", quiet=True)
    t.say("version", [version["major"], version["minor"]])
    groups = {g["name"]: g for g in t.get("/apis", quiet=True)["groups"]}
    for group, kinds in MODELLED.items():
        if group:
            t.say(group, groups[group])
        found = t.get(f"/apis/{group}/v1" if group else "/api/v1", quiet=True)
        items = {r["name"]: r for r in found["resources"]}
        t.say(f"list of {group}", {k: v for k, v in found.items() if k != "resources"})
        t.say(f"kinds of {group}", [items.get(kind) for kind in kinds])
    t.say(
        "parts of pods",
        sorted(
            n
            for n in items_of(t, "/api/v1")
            if n in {"pods/binding", "pods/eviction", "pods/resize", "pods/status"}
        ),
    )


def items_of(t: Talk, path: str) -> set[str]:
    """Names of everything served under a path."""
    return {r["name"] for r in t.get(path, quiet=True)["resources"]}


def _table(t: Talk, path: str) -> None:
    body = t.get(path, quiet=True, accept=TABLE)
    ages = [i for i, c in enumerate(body["columnDefinitions"]) if c["name"] in ("Age", "Last Seen")]
    ages += [i for i, c in enumerate(body["columnDefinitions"]) if c["name"] == "Duration"]
    for row in body["rows"]:
        for index in ages:
            row["cells"][index] = "<age>"
        row["object"] = {"kind": row["object"]["kind"], "name": row["object"]["metadata"]["name"]}
    t.say(f"table {path}", body)


def tables(t: Talk) -> None:
    """One of each."""
    t.post(f"{CORE}/configmaps", config("c", {"a": "1"}), quiet=True)
    secret = {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "s"}}
    t.post(f"{CORE}/secrets", secret | {"stringData": {"a": "b"}})
    t.post(
        f"{CORE}/limitranges", limits("l", {"type": "Container", "max": {"cpu": "4"}}), quiet=True
    )
    t.post(f"{CORE}/resourcequotas", quota("q", {"pods": "9", "requests.cpu": "9"}), quiet=True)
    t.until(f"{CORE}/resourcequotas/q", lambda b: b.get("status", {}).get("used"), quiet=True)
    small = container(resources={"requests": {"cpu": "1"}, "limits": {"cpu": "1"}})
    place = {"kubernetes.io/hostname": "l40s-1"}
    t.post(f"{CORE}/pods", pod("p", containers=[small], nodeSelector=place), quiet=True)
    work = stateful_set("work", replicas=0)
    t.post(f"{APPS}/statefulsets", work, quiet=True)
    t.post(f"{BATCH}/jobs", job("j", suspend=True), quiet=True)
    t.until(f"{CORE}/pods/p", lambda b: b["status"].get("phase") == "Running", quiet=True)
    t.until(f"{BATCH}/jobs/j", lambda b: b["status"].get("conditions"), quiet=True)
    for path in (
        f"{CORE}/configmaps/c", f"{CORE}/secrets", f"{CORE}/limitranges", f"{CORE}/resourcequotas",
        f"{CORE}/pods", f"{CORE}/serviceaccounts", f"{APPS}/statefulsets", f"{BATCH}/jobs",
        CORE, "/api/v1/nodes",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/berth-read",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/berth-read",
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
        "/apis/scheduling.k8s.io/v1/priorityclasses",
    ):  # fmt: skip
        _table(t, path)
    partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    t.get(f"{CORE}/configmaps/c", accept=partial)
    listed = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    t.get(f"{CORE}/configmaps", accept=listed, query={"fieldSelector": "metadata.name=c"})


def nowhere(t: Talk) -> None:
    """Paths that no server has."""
    for path in (
        "/nonsense", "/api/v2", "/api/v2/pods", "/apis/nonsense.test", "/apis/nonsense.test/v1",
        "/apis/nonsense.test/v1/things", "/apis/apps/v2", "/apis/apps/v2/things",
        "/apis/apps/v1/things", "/apis/autoscaling/v3", "/apis/autoscaling/v2/things",
        f"{CORE}/things", f"{CORE}/pods/p/nonsense", "/api/v1/namespaces/default/nodes",
    ):  # fmt: skip
        t.get(path)
    t.post(f"{CORE}/bindings", {})
    t.post(f"{CORE}/pods/p/binding", {})


SCENARIOS = (discovery, tables, nowhere)
