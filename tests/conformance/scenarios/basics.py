"""Create, read, change, delete: the plain life of objects and the plain refusals."""

from __future__ import annotations

from tests.conformance.scenarios.objects import IMAGE, config, container, pod
from tests.conformance.talk import APPLY, JSON_PATCH, MERGE, STRATEGIC, Talk

CORE = "/api/v1/namespaces/{ns}"
MAPS = f"{CORE}/configmaps"


def life(t: Talk) -> None:
    """One object from creation to deletion."""
    made = t.post(MAPS, config("one", {"a": "1"}, labels={"x": "y"}))
    t.get(f"{MAPS}/one")
    t.put(f"{MAPS}/one", made | {"data": {"a": "2", "b": "3"}})
    t.patch(f"{MAPS}/one", {"data": {"a": None}, "metadata": {"labels": {"z": "1"}}})
    t.patch(f"{MAPS}/one", {"metadata": {"labels": {"x": "z"}}}, STRATEGIC)
    t.patch(f"{MAPS}/one", [{"op": "add", "path": "/data/c", "value": "4"}], JSON_PATCH)
    t.patch(f"{MAPS}/one", [{"op": "test", "path": "/data/c", "value": "5"}], JSON_PATCH)
    t.patch(f"{MAPS}/one", [{"op": "remove", "path": "/data/nope"}], JSON_PATCH)
    t.delete(f"{MAPS}/one")
    t.get(f"{MAPS}/one")
    t.delete(f"{MAPS}/one")


def names(t: Talk) -> None:
    """Names that are made, wrong, missing or doubled."""
    t.post(MAPS, {"metadata": {"generateName": "gen-"}})
    t.post(MAPS, config("Not_A_Name"))
    t.post(MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}})
    t.post(MAPS, config("twice"))
    t.post(MAPS, config("twice"))
    t.post(MAPS, config("far", namespace="default"))
    t.post(MAPS, config("labels", labels={"bad key!": "x"}))
    t.post(MAPS, config("labels", labels={"ok": "not ok!"}))
    t.post(f"{CORE}x/configmaps", config("nowhere"))
    t.put(f"{MAPS}/other", config("name"))
    t.put(f"{MAPS}/absent", config("absent"))
    t.post(MAPS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}})
    t.post(MAPS, {"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "x"}})


def conflicts(t: Talk) -> None:
    """Stale versions, other UIDs, preconditions."""
    made = t.post(MAPS, config("c", {"a": "1"}))
    t.patch(f"{MAPS}/c", {"data": {"a": "2"}})
    t.put(f"{MAPS}/c", made)
    meta = made["metadata"]
    t.patch(f"{MAPS}/c", {"metadata": {"resourceVersion": meta["resourceVersion"]}, "data": {}})
    t.patch(f"{MAPS}/c", {"metadata": {"uid": "0" * 8 + "-0000-0000-0000-" + "0" * 12}})
    options = {"apiVersion": "v1", "kind": "DeleteOptions"}
    wrong = {"uid": "0" * 8 + "-0000-0000-0000-" + "0" * 12}
    t.delete(f"{MAPS}/c", options | {"preconditions": wrong})
    stale = {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
    t.delete(f"{MAPS}/c", options | {"preconditions": stale})
    t.delete(f"{MAPS}/c", options | {"preconditions": {"uid": meta["uid"]}})
    t.post(MAPS, config("rv", resourceVersion="5"))


def bodies(t: Talk) -> None:
    """Bodies and questions that make no sense."""
    t.send("POST", MAPS, raw=b"{not json")
    t.send("POST", MAPS, raw=b"")
    t.send("POST", MAPS, raw=b"[]")
    t.send("POST", MAPS, raw=b"{}", content_type="text/plain")
    t.post(MAPS, config("x") | {"data": {"a": 1}})
    t.post(MAPS, config("x") | {"data": "text"})
    t.post(MAPS, config("x") | {"nonsense": 1})
    t.post(MAPS, config("strict") | {"nonsense": 1}, query={"fieldValidation": "Strict"})
    t.post(MAPS, config("ignore") | {"nonsense": 1}, query={"fieldValidation": "Ignore"})
    t.post(MAPS, config("x"), query={"fieldValidation": "Maybe"})
    t.post(MAPS, config("x"), query={"dryRun": "Some"})
    t.patch(f"{MAPS}/strict", {}, "application/nonsense")
    t.send("PATCH", f"{MAPS}/ignore", raw=b"{bad", content_type=MERGE)
    t.send("PATCH", f"{MAPS}/ignore", raw=b"{}", content_type=JSON_PATCH)
    t.patch(f"{MAPS}/ignore", {}, APPLY)
    t.get(MAPS, accept="text/html")
    t.put(MAPS, config("x"))
    t.post(f"{MAPS}/ignore", config("x"))
    t.get(f"{CORE}/nonsense")
    t.get("/apis/nonsense.example/v1/things")
    t.get("/nonsense")
    t.get(MAPS, query={"labelSelector": "a=b=c"})
    t.get(MAPS, query={"fieldSelector": "data.a=1"})
    t.get(MAPS, query={"limit": "x"})


def dry(t: Talk) -> None:
    """Dry runs change nothing."""
    dry_run = {"dryRun": "All"}
    t.post(MAPS, config("d", {"a": "1"}), query=dry_run)
    t.get(f"{MAPS}/d")
    t.post(MAPS, config("d", {"a": "1"}))
    t.patch(f"{MAPS}/d", {"data": {"a": "2"}}, query=dry_run)
    t.delete(f"{MAPS}/d", query=dry_run)
    t.get(f"{MAPS}/d")


def finalizers(t: Talk) -> None:
    """Deleting what somebody holds on to."""
    t.post(MAPS, config("f", finalizers=["example.test/hold"]))
    t.delete(f"{MAPS}/f")
    t.patch(f"{MAPS}/f", {"data": {"a": "1"}})
    t.patch(f"{MAPS}/f", {"metadata": {"finalizers": ["example.test/hold", "example.test/more"]}})
    t.delete(f"{MAPS}/f")
    t.patch(f"{MAPS}/f", {"metadata": {"finalizers": None}})
    t.get(f"{MAPS}/f")


def selectors(t: Talk) -> None:
    """Lists by labels and fields, and many deleted at once."""
    for name, labels in (("a", {"t": "1"}), ("b", {"t": "2", "u": ""}), ("c", {})):
        t.post(MAPS, config(name, labels=labels), quiet=True)

    def found(query: dict[str, str]) -> list[str]:
        return [i["metadata"]["name"] for i in t.get(MAPS, quiet=True, query=query)["items"]]

    for text in ("t=1", "t==1", "t!=1", "t in (1,2)", "t notin (1)", "t", "!t", "u=", "t=1,u", "x"):
        t.say(text, found({"labelSelector": text}))
    for text in ("metadata.name=b", "metadata.name!=b", "metadata.name=b,metadata.name=c"):
        t.say(text, found({"fieldSelector": text}))
    t.delete(MAPS, query={"labelSelector": "t"})
    t.say("left", found({}))


def pods(t: Talk) -> None:
    """Defaults, refusals and changes of pods."""
    path = f"{CORE}/pods"
    t.until(f"{CORE}/serviceaccounts/default", lambda b: b["kind"] == "ServiceAccount", quiet=True)
    asked = {"limits": {"cpu": "1500m", "memory": "1024Mi"}, "requests": {"cpu": "0.5"}}
    main = container(resources=asked, ports=[{"containerPort": 80}], env=[{"name": "A"}])
    held = {"gates": [{"name": "example.test/wait"}]}
    t.post(path, pod("plain", schedulingGates=held["gates"], containers=[main]))
    t.post(path, pod("bad", containers=[]))
    t.post(path, pod("bad", containers=[{"name": "main"}]))
    t.post(path, pod("bad", containers=[{"name": "Main!", "image": IMAGE}]))
    t.post(path, pod("bad", restartPolicy="Sometimes"))
    # One wrong amount at a time: the order of several is the order of a Go map.
    beyond = {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}
    t.post(path, pod("bad", containers=[container(resources=beyond)]))
    t.post(
        path, pod("bad", containers=[container(resources={"requests": {"nvidia.com/gpu": "1"}})])
    )
    t.post(path, pod("bad", containers=[container(resources={"limits": {"cpu": "x"}})]))
    t.post(
        path, pod("bad", containers=[container(resources={"limits": {"nvidia.com/gpu": "1.5"}})])
    )
    t.post(path, pod("bad", serviceAccountName="nobody"))
    t.post(path, pod("bad", priorityClassName="none"))
    t.patch(
        f"{path}/plain", {"spec": {"containers": [{"name": "main", "image": "b:2"}]}}, STRATEGIC
    )
    t.patch(f"{path}/plain", {"spec": {"restartPolicy": "Never"}}, STRATEGIC)
    t.patch(f"{path}/plain", {"spec": {"nodeName": "h100-1"}}, STRATEGIC)
    t.delete(f"{path}/plain")
    t.get(f"{path}/plain")


SCENARIOS = (life, names, conflicts, bodies, dry, finalizers, selectors, pods)
