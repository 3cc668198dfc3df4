"""Objects that are wrong, one fault each: nothing that a real server denies may be taken."""

from __future__ import annotations

from typing import Any

from tests.conformance.scenarios.objects import Object, container, job, pod, quota, stateful_set
from tests.conformance.talk import JSON_PATCH, MERGE, STRATEGIC, Talk

CORE = "/api/v1/namespaces/{ns}"
APPS = "/apis/apps/v1/namespaces/{ns}"
JOBS = "/apis/batch/v1/namespaces/{ns}/jobs"
RIGHTS = "/apis/rbac.authorization.k8s.io/v1"
FENCES = "/apis/admissionregistration.k8s.io/v1"
LONG = "x" * 254
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
DRY = {"dryRun": "All"}


def _tried(t: Talk, path: str, *bodies: Object) -> None:
    """Each of them, without effect."""
    for body in bodies:
        t.post(path, body, query=DRY)


def _named(name: str, **meta: Any) -> Object:
    return {"metadata": {"name": name} | meta}


def metadata(t: Talk) -> None:
    """Names, labels, annotations, owners, finalizers."""
    for kind in ("configmaps", "secrets", "serviceaccounts"):
        _tried(t, f"{CORE}/{kind}", *(_named(n) for n in ("Bad_Name", "-x", "a..b", "", LONG)))
    _tried(t, "/api/v1/namespaces", *(_named(n) for n in ("a.b", "A", "x" * 64)))
    for name in ("a.b", "x" * 64):
        _tried(t, f"{APPS}/statefulsets", stateful_set("x") | _named(name))
    labelled = {"metadata": {"labels": {"a": "b"}}, "spec": job("x")["spec"]["template"]["spec"]}
    _tried(t, JOBS, job("x" * 64, template=labelled))
    own = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "1"}
    _tried(
        t, f"{CORE}/configmaps",
        _named("x", labels={"a b": "1"}), _named("x", labels={"a": "b c"}),
        _named("x", labels={"a/b/c": "1"}), _named("x", labels={"A.B/c": "1"}),
        _named("x", labels={"a": "x" * 64}), _named("x", annotations={"a b": "1"}),
        _named("x", finalizers=["a"]), _named("x", finalizers=["orphan", "foregroundDeletion"]),
        _named("x", ownerReferences=[{"kind": "X"}]),
        _named("x", ownerReferences=[own | {"uid": ""}]),
        _named("x", ownerReferences=[own | {"kind": "Event"}]),
        _named("x", ownerReferences=[own | {"controller": True, "uid": u} for u in "12"]),
        _named("x", namespace="other"), _named("x", creationTimestamp="x"),
        _named("x", creationTimestamp="2020-13-01T00:00:00Z"),
    )  # fmt: skip
    _tried(
        t, "/api/v1/namespaces",
        _named("y", finalizers=["nonsense"]), _named("y") | {"spec": {"finalizers": ["nonsense"]}},
    )  # fmt: skip
    _tried(t, f"{CORE}/events", _named("e"), _named("e") | {"involvedObject": {"namespace": "x"}})


def settings(t: Talk) -> None:
    """ConfigMaps, Secrets, priorities, nodes, revisions."""
    for key in ("a b", "../x", LONG, ".", "..", "..a"):
        _tried(t, f"{CORE}/configmaps", _named("x") | {"data": {key: "1"}})
        _tried(t, f"{CORE}/secrets", _named("x") | {"data": {key: "MQ=="}})
    big, both = "x" * 1_100_000, {"data": {"a": "1"}, "binaryData": {"a": "MQ=="}}
    _tried(t, f"{CORE}/configmaps", _named("x") | both, _named("x") | {"data": {"a": big}})
    _tried(t, f"{CORE}/secrets", _named("x") | {"stringData": {"a": big}})
    for text in ("x", "not base64!", "MQ=", "MQ==MQ=="):
        _tried(t, f"{CORE}/secrets", _named("x") | {"data": {"a": text}})
    for kind in ("dockerconfigjson", "dockercfg", "basic-auth", "ssh-auth", "tls"):
        _tried(t, f"{CORE}/secrets", _named("x") | {"type": f"kubernetes.io/{kind}"})
    classes = "/apis/scheduling.k8s.io/v1/priorityclasses"
    _tried(t, classes, _named("x") | {"value": 1_000_000_001}, _named("system-x") | {"value": 1})
    _tried(t, classes, _named("x") | {"value": 1, "preemptionPolicy": "X"})
    for taint in (
        {"key": "a", "effect": "X"}, {"key": "a b", "effect": "NoSchedule"}, {"key": "a"},
        {"key": "a", "value": "b c", "effect": "NoSchedule"}, {"effect": "NoSchedule"},
    ):  # fmt: skip
        _tried(t, "/api/v1/nodes", _named("x") | {"spec": {"taints": [taint]}})
    for amounts in ({"cpu": "-1"}, {"nvidia.com/gpu": "1.5"}):
        _tried(t, "/api/v1/nodes", _named("x") | {"status": {"capacity": amounts}})
    _tried(t, f"{APPS}/controllerrevisions", _named("x") | {"revision": -1})


def pods(t: Talk) -> None:
    """What a pod says of itself."""
    spec: list[Object] = [
        {"containers": []}, {"containers": [container(), container()]},
        {"initContainers": [container()]}, {"restartPolicy": "Sometimes"}, {"dnsPolicy": "x"},
        {"dnsPolicy": "None"}, {"dnsConfig": {"nameservers": ["x"]}}, {"nodeName": "Bad_"},
        {"hostname": "Bad_"}, {"subdomain": "Bad_"}, {"serviceAccountName": "Bad_"},
        {"serviceAccountName": "nobody"}, {"priorityClassName": "none"}, {"priority": 5},
        {"preemptionPolicy": "Never"}, {"nodeSelector": {"a b": "c"}},
        {"nodeSelector": {"a": "c d"}}, {"activeDeadlineSeconds": 0}, {"os": {"name": "x"}},
        {"shareProcessNamespace": True, "hostPID": True}, {"hostAliases": [{"ip": "x"}]},
        {"ephemeralContainers": [{"name": "e", "image": "a"}]},
        {"schedulingGates": [{"name": "Bad name"}]},
        {"schedulingGates": [{"name": "a"}, {"name": "a"}]},
        {"schedulingGates": [{"name": "a.b/c"}], "nodeName": "cpu-1"},
        {"securityContext": {"sysctls": [{"name": "a", "value": "b"}] * 2}},
        {"securityContext": {"seccompProfile": {"type": "x"}}},
        {"securityContext": {"runAsUser": -1}},
    ]  # fmt: skip
    _tried(t, f"{CORE}/pods", *(pod("x", **one) for one in spec))


def containers(t: Talk) -> None:
    """What its containers say."""
    port, ref = {"containerPort": 80}, {"fieldRef": {"fieldPath": "metadata.name"}}
    parts: list[Object] = [
        {"name": "Bad"}, {"name": ""}, {"image": ""}, {"image": " a:1"},
        {"imagePullPolicy": "Sometimes"}, {"terminationMessagePolicy": "x"},
        {"ports": [{}]}, {"ports": [{"containerPort": 70000}]}, {"ports": [port | {"name": "B_"}]},
        {"ports": [port | {"protocol": "X"}]}, {"ports": [port | {"name": "a"}] * 2},
        {"env": [{"name": ""}]}, {"env": [{"name": "a=b"}]},
        {"env": [{"name": "a", "value": "1", "valueFrom": ref}]},
        {"env": [{"name": "a", "valueFrom": {}}]},
        {"env": [{"name": "a", "valueFrom": {"fieldRef": {"fieldPath": "nonsense"}}}]},
        {"env": [{"name": "a", "valueFrom": {"secretKeyRef": {"name": "s"}}}]},
        {"env": [{"name": "a", "valueFrom": {"configMapKeyRef": {"key": "k"}}}]},
        {"env": [{"name": "a", "valueFrom": {"resourceFieldRef": {"resource": "limits.x"}}}]},
        {"envFrom": [{}]}, {"envFrom": [{"configMapRef": {"name": "Bad_"}}]},
        {"volumeMounts": [{"name": "v", "mountPath": "/a"}]},
        {"livenessProbe": {}}, {"livenessProbe": {"httpGet": {"port": 0}}},
        {"livenessProbe": {"exec": {"command": []}}},
        {"livenessProbe": {"tcpSocket": {"port": 80}, "periodSeconds": -1}},
        {"livenessProbe": {"tcpSocket": {"port": 80}, "successThreshold": 2}},
        {"lifecycle": {"preStop": {}}}, {"securityContext": {"runAsUser": -1}},
        {"securityContext": {"procMount": "x"}},
        {"resizePolicy": [{"resourceName": "cpu", "restartPolicy": "x"}]},
    ]  # fmt: skip
    _tried(t, f"{CORE}/pods", *(pod("x", containers=[container() | one]) for one in parts))
    amounts: list[Object] = [
        {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}},
        {"requests": {"nonsense": "1"}},
        {"requests": {"cpu": "-1"}},
        {"requests": {"a.b/c": "1"}},
        {"limits": {"a.b/c": "1.5"}},
        {"limits": {"nvidia.com/gpu": "2"}, "requests": {"nvidia.com/gpu": "1"}},
        {"limits": {"hugepages-2Mi": "3Mi"}},
        {"requests": {"hugepages-2Mi": "1Mi"}},
        {"requests": {"pods": "1"}},
        {"requests": {"requests.cpu": "1"}},
    ]
    for one in amounts:
        _tried(t, f"{CORE}/pods", pod("x", containers=[container(resources=one)]))
    probe = {"readinessProbe": {"httpGet": {"port": 80}}}
    _tried(t, f"{CORE}/pods", pod("x", initContainers=[container("i") | probe]))


def volumes(t: Talk) -> None:
    """Volumes and where they are mounted."""
    empty: Object = {"name": "v", "emptyDir": {}}
    sources: list[list[Object]] = [
        [empty, empty],
        [empty | {"hostPath": {"path": "/"}}],
        [empty | {"name": "Bad_"}],
        [empty | {"name": ""}],
        [{"name": "v", "configMap": {}}],
        [{"name": "v", "hostPath": {"path": ""}}],
        [{"name": "v", "hostPath": {"path": "/../x"}}],
        [{"name": "v", "secret": {"secretName": ""}}],
        [{"name": "v", "emptyDir": {"sizeLimit": "-1"}}],
        [{"name": "v", "configMap": {"name": "a", "items": [{}]}}],
        [{"name": "v", "configMap": {"name": "a", "defaultMode": 1000}}],
        [{"name": "v", "downwardAPI": {"items": [{"path": "a"}]}}],
    ]
    _tried(t, f"{CORE}/pods", *(pod("x", volumes=one) for one in sources))
    for mounts in (
        [{"name": "v"}], [{"name": "v", "mountPath": "/a"}] * 2,
        [{"name": "v", "mountPath": "/a", "subPath": "/b"}],
        [{"name": "v", "mountPath": "/a", "subPath": "../b"}],
    ):  # fmt: skip
        _tried(
            t,
            f"{CORE}/pods",
            pod("x", volumes=[empty], containers=[container(volumeMounts=mounts)]),
        )


def placing(t: Talk) -> None:
    """Affinity, tolerations, spread."""
    tolerations: list[Object] = [
        {"key": "a b"},
        {"operator": "Equal"},
        {"key": "a", "operator": "Nope"},
        {"key": "a", "effect": "Nope"},
        {"key": "a", "tolerationSeconds": 3},
        {"key": "a", "operator": "Exists", "value": "x"},
        {"key": "a", "operator": "Lt", "value": "5"},
        {"key": "a", "value": "b c"},
    ]
    _tried(t, f"{CORE}/pods", *(pod("x", tolerations=[one]) for one in tolerations))
    expressions: list[Object] = [
        {"key": "a", "operator": "In"},
        {"key": "a", "operator": "Nope", "values": ["1"]},
        {"key": "a", "operator": "Exists", "values": ["1"]},
        {"key": "a", "operator": "Gt", "values": ["1", "2"]},
        {"key": "", "operator": "Exists"},
        {"key": "a", "operator": "In", "values": ["b c"]},
    ]
    fields: list[Object] = [
        {"key": "metadata.name", "operator": "In", "values": ["a", "b"]},
        {"key": "spec.x", "operator": "In", "values": ["a"]},
        {"key": "metadata.name", "operator": "Exists"},
    ]
    terms: list[Object] = [{"matchExpressions": [one]} for one in expressions]
    terms += [{"matchFields": [one]} for one in fields]
    needs = [{"nodeSelectorTerms": []}, *({"nodeSelectorTerms": [one]} for one in terms)]
    good = {"matchExpressions": [{"key": "a", "operator": "Exists"}]}
    affinities: list[Object] = [
        *({"nodeAffinity": {REQUIRED: one}} for one in needs),
        {"nodeAffinity": {PREFERRED: [{"weight": 0, "preference": good}]}},
        {"nodeAffinity": {PREFERRED: [{"weight": 101, "preference": good}]}},
        {"podAffinity": {PREFERRED: [{"weight": 0, "podAffinityTerm": {"topologyKey": "a"}}]}},
        {"podAffinity": {PREFERRED: [{"weight": 1, "podAffinityTerm": {"topologyKey": ""}}]}},
    ]
    _tried(t, f"{CORE}/pods", *(pod("x", affinity=one) for one in affinities))
    spread = {"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "ScheduleAnyway"}
    for change in ({"maxSkew": 0}, {"topologyKey": ""}, {"whenUnsatisfiable": "X"}):
        _tried(t, f"{CORE}/pods", pod("x", topologySpreadConstraints=[spread | change]))


def workloads(t: Talk) -> None:
    """StatefulSets, Deployments, ReplicaSets and Jobs."""
    never = {"spec": {"restartPolicy": "Never", "containers": [container()]}}
    labelled = {"metadata": {"labels": {"app": "x"}}} | never
    selectors: list[Object] = [
        {"selector": None}, {"selector": {}}, {"selector": {"matchLabels": {"a b": "c"}}},
        {"selector": {"matchLabels": {"a": "b"}}}, {"template": labelled}, {"template": {}},
        {"selector": {"matchExpressions": [{"key": "app", "operator": "X"}]}}, {"replicas": -1},
        {"selector": {"matchExpressions": [{"key": "app", "operator": "In"}]}},
    ]  # fmt: skip
    sets: list[Object] = [
        *selectors, {"podManagementPolicy": "X"}, {"updateStrategy": {"type": "X"}},
        {"updateStrategy": {"type": "OnDelete", "rollingUpdate": {"partition": 1}}},
        {"updateStrategy": {"rollingUpdate": {"partition": -1}}}, {"serviceName": "Bad_"},
        {"ordinals": {"start": -1}}, {"minReadySeconds": -1},
        {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "X"}},
    ]  # fmt: skip
    base = stateful_set("x")
    _tried(t, f"{APPS}/statefulsets", *(base | {"spec": base["spec"] | one} for one in sets))
    plain = {name: base["spec"][name] for name in ("replicas", "selector", "template")}
    _tried(t, f"{APPS}/replicasets", *(_named("x") | {"spec": plain | one} for one in selectors))
    deployments: list[Object] = [
        *selectors, {"strategy": {"type": "X"}}, {"progressDeadlineSeconds": 0},
        {"strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}},
        {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}},
        {"strategy": {"rollingUpdate": {"maxUnavailable": "150%"}}},
        {"strategy": {"rollingUpdate": {"maxSurge": -1}}}, {"revisionHistoryLimit": -1},
        {"strategy": {"rollingUpdate": {"maxSurge": "x"}}},
        {"progressDeadlineSeconds": 5, "minReadySeconds": 10},
    ]  # fmt: skip
    _tried(t, f"{APPS}/deployments", *(_named("x") | {"spec": plain | one} for one in deployments))
    jobs: list[Object] = [
        {"parallelism": -1}, {"completions": -1}, {"completionMode": "X"}, {"backoffLimit": -1},
        {"ttlSecondsAfterFinished": -1}, {"activeDeadlineSeconds": -1},
        {"podReplacementPolicy": "X"}, {"completions": None}, {"parallelism": 200_000},
        {"template": {"spec": {"containers": [container()]}}}, {"manualSelector": True},
        {"selector": {"matchLabels": {"app": "x"}}},
        {"template": {"metadata": {"labels": {"controller-uid": "x"}}} | never},
    ]  # fmt: skip
    one_job = job("x")
    _tried(t, JOBS, *(one_job | {"spec": one_job["spec"] | one} for one in jobs))


def amounts(t: Talk) -> None:
    """Quotas and limit ranges."""
    for hard in ({"cpu": "-1"}, {"nonsense": "1"}, {"pods": "1.5"}, {"a b": "1"}, {"cpu": "x"}):
        _tried(t, f"{CORE}/resourcequotas", quota("x", hard))
    items: list[list[Object]] = [
        [{"type": "X"}], [{"type": ""}], [{"type": "Container"}] * 2,
        [{"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "2"}}],
        [{"type": "Pod", "default": {"cpu": "1"}}],
        [{"type": "Pod", "defaultRequest": {"cpu": "1"}}],
        [{"type": "Container", "maxLimitRequestRatio": {"cpu": "0.5"}}],
        [{"type": "Container", "maxLimitRequestRatio": {"cpu": "5"}, "max": {"cpu": "2"},
          "min": {"cpu": "1"}}],
        [{"type": "Container", "max": {"nonsense": "1"}}], [{"type": "PersistentVolumeClaim"}],
        [{"type": "Container", "default": {"nvidia.com/gpu": "2"},
          "defaultRequest": {"nvidia.com/gpu": "1"}}],
    ]  # fmt: skip
    _tried(t, f"{CORE}/limitranges", *(_named("x") | {"spec": {"limits": one}} for one in items))


def rights(t: Talk) -> None:
    """Roles, bindings, tokens."""
    roles: list[Object] = [
        {"verbs": []},
        {"verbs": ["get"]},
        {"verbs": ["get"], "apiGroups": [""]},
        {"verbs": ["get"], "resources": ["pods"]},
        {"verbs": ["get"], "nonResourceURLs": ["/x"]},
    ]
    path = f"{RIGHTS}/namespaces/{{ns}}"
    _tried(t, f"{path}/roles", *(_named("x") | {"rules": [one]} for one in roles))
    both = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "nonResourceURLs": ["/x"]}
    _tried(t, f"{RIGHTS}/clusterroles", _named("x") | {"rules": [both]})
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    refs = [ref | {"kind": "X"}, ref | {"name": ""}, ref | {"apiGroup": "x"}]
    _tried(t, f"{path}/rolebindings", *(_named("x") | {"roleRef": one} for one in refs))
    subjects: list[Object] = [
        {"kind": "User"},
        {"kind": "X", "name": "a"},
        {"kind": "ServiceAccount", "name": "Bad_", "namespace": "a"},
        {"kind": "User", "name": "a", "apiGroup": "x"},
    ]
    for one in subjects:
        _tried(t, f"{path}/rolebindings", _named("x") | {"roleRef": ref, "subjects": [one]})
    account = {"kind": "ServiceAccount", "name": "a"}
    _tried(
        t, f"{RIGHTS}/clusterrolebindings",
        _named("x") | {"roleRef": ref, "subjects": [account]},
        _named("x") | {"roleRef": ref | {"kind": "Role"}},
    )  # fmt: skip
    for spec in (
        {"expirationSeconds": 5}, {"expirationSeconds": 99_999_999_999},
        {"boundObjectRef": {"kind": "Secret", "apiVersion": "v1", "name": "nobody"}},
        {"boundObjectRef": {"kind": "ConfigMap", "apiVersion": "v1", "name": "nobody"}},
    ):  # fmt: skip
        t.post(f"{CORE}/serviceaccounts/default/token", {"spec": spec})


def networks(t: Talk) -> None:
    """Network policies."""
    block = {"cidr": "10.0.0.0/8"}
    specs: list[Object] = [
        {"policyTypes": ["X"]}, {"policyTypes": ["Ingress", "Egress", "Ingress"]},
        {"ingress": [{"ports": [{"port": 0}]}]}, {"ingress": [{"ports": [{"port": "Bad_"}]}]},
        {"ingress": [{"from": [{}]}]}, {"ingress": [{"from": [{"ipBlock": {"cidr": "x"}}]}]},
        {"ingress": [{"from": [{"ipBlock": block | {"except": ["11.0.0.0/8"]}}]}]},
        {"ingress": [{"from": [{"ipBlock": block, "podSelector": {}}]}]},
        {"podSelector": {"matchLabels": {"a b": "c"}}}, {"ingress": [{"ports": [{"endPort": 7}]}]},
        {"ingress": [{"ports": [{"port": 80, "endPort": 70}]}]},
        {"ingress": [{"ports": [{"protocol": "X"}]}]},
    ]  # fmt: skip
    path = "/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies"
    _tried(t, path, *(_named("x") | {"spec": {"podSelector": {}} | one} for one in specs))


def policies(t: Talk) -> None:
    """Admission policies and their bindings."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["pods"]}
    good: Object = {
        "matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": "true"}],
    }  # fmt: skip
    changes: list[Object] = [
        {"validations": []}, {"validations": [{"expression": ""}]}, {"failurePolicy": "X"},
        {"validations": [{"expression": "object.x"}]}, {"validations": [{"expression": "1"}]},
        {"validations": [{"expression": "nobody"}]}, {"matchConstraints": {}},
        {"validations": [{"expression": "true", "reason": "X"}]},
        {"matchConstraints": {"resourceRules": [rule | {"apiGroups": []}]}},
        {"variables": [{"name": "", "expression": "1"}]},
        {"variables": [{"name": "a", "expression": "nobody"}]},
        {"matchConditions": [{"name": "a", "expression": "1"}]},
    ]  # fmt: skip
    path = f"{FENCES}/validatingadmissionpolicies"
    _tried(t, path, *(_named("x") | {"spec": good | one} for one in changes))
    bindings: list[Object] = [
        {},
        {"policyName": "p"},
        {"policyName": "p", "validationActions": ["X"]},
        {"policyName": "p", "validationActions": ["Deny", "Warn"]},
    ]
    _tried(t, f"{path[:-3]}ybindings", *(_named("x") | {"spec": one} for one in bindings))


def options(t: Talk) -> None:
    """Options, methods and patches that make no sense."""
    here = f"{CORE}/configmaps/kube-root-ca.crt"
    for query in (
        {"dryRun": "Some"}, {"fieldManager": "x" * 200}, {"fieldManager": "\x01"},
        {"fieldValidation": "X"},
    ):  # fmt: skip
        t.post(f"{CORE}/configmaps", _named("x"), query=DRY | query)
    for body in (
        {"propagationPolicy": "X"}, {"propagationPolicy": "Orphan", "orphanDependents": True},
        {"kind": "X"}, {"preconditions": {"resourceVersion": "1"}},
    ):  # fmt: skip
        t.delete(here, body, query=DRY)
    for query in ({"gracePeriodSeconds": "x"}, {"propagationPolicy": "X"}):
        t.delete(here, query=DRY | query)
    t.delete(f"{CORE}/configmaps/none", {"preconditions": {"uid": "x"}})
    t.delete("/api/v1/namespaces/default", query=DRY)
    t.patch(here, {"data": {}}, MERGE, query=DRY | {"force": "true"})
    t.patch(here, {"data": {}}, "application/json", query=DRY)
    for operations in (
        [{"op": "x", "path": "/data"}], [{"op": "remove", "path": "/data/none"}],
        [{"op": "test", "path": "/metadata/name", "value": "y"}], {"op": "test"},
    ):  # fmt: skip
        t.patch(here, operations, JSON_PATCH, query=DRY)
    for meta in ({"name": "y"}, {"uid": "y"}, {"namespace": "y"}):
        t.patch(here, {"metadata": meta}, MERGE, query=DRY)
    t.patch(here, {"data": {"$patch": "x"}}, STRATEGIC, query=DRY)
    t.put(f"{CORE}/configmaps/none", _named("none"), query=DRY)
    t.put(f"{CORE}/configmaps/none", _named("other"), query=DRY)
    for method, path in (
        ("PATCH", "configmaps"), ("PUT", "configmaps"), ("POST", "configmaps/x"),
    ):  # fmt: skip
        t.send(method, f"{CORE}/{path}", body={}, content_type=MERGE)
    for query in (
        {"labelSelector": "a b"}, {"fieldSelector": "data.x=1"}, {"limit": "x"},
        {"watch": "true", "resourceVersion": "1", "resourceVersionMatch": "Exact"},
    ):  # fmt: skip
        t.get(f"{CORE}/configmaps", query=query)
    t.get(f"{CORE}/pods", query={"fieldSelector": "spec.x=1"})
    t.get(f"{CORE}/configmaps/none", query={"watch": "true", "timeoutSeconds": "1"})
    big = {"metadata": {"name": "big"}, "data": {"a": "x" * 3_200_000}}
    for send in (t.post, t.put):
        send(f"{CORE}/configmaps" + ("" if send == t.post else "/big"), big)
    t.patch(here, {"data": {"a": "x" * 3_200_000}})


def bodies(t: Talk) -> None:
    """Bodies that no Go struct takes, posted and applied."""
    maps, first = f"{CORE}/configmaps", {"kind": "ConfigMap", "apiVersion": "v1"}
    for head in ({"kind": "X"}, {"kind": "Pod"}, {"apiVersion": "v2"}, {"kind": "Service"}):
        t.post(maps, first | head | _named("x"), query=DRY)
    good = stateful_set("x")
    changes: list[Object] = [
        {"replicas": 2**31}, {"replicas": 1.5}, {"replicas": "1"}, {"replicas": True},
        {"template": 5}, {"selector": []},
    ]  # fmt: skip
    for change in changes:
        t.post(f"{APPS}/statefulsets", good | {"spec": good["spec"] | change}, query=DRY)
    wrong: list[Object] = [
        {"containers": [None]}, {"tolerations": [None]}, {"containers": 5}, {"os": {}},
        {"terminationGracePeriodSeconds": 2**63}, {"dnsConfig": {"searches": ["In"]}},
        {"hostnameOverride": "../b"},
    ]  # fmt: skip
    _tried(t, f"{CORE}/pods", *(pod("x", **one) for one in wrong))
    noted = {"metadata": {"labels": {"app": "x"}, "annotations": {"a b": "1"}}}
    noted |= {"spec": good["spec"]["template"]["spec"]}
    t.post(f"{APPS}/statefulsets", good | {"spec": good["spec"] | {"template": noted}}, query=DRY)
    applied: list[Object] = [
        first | {"metadata": {}}, first | _named("x") | {"data": 5}, first | _named("y"),
        first | _named("x", creationTimestamp="x"), first | _named("x") | {"odd": 1},
        {"kind": "ConfigMap"}, first | {"kind": "Pod"} | _named("x"),
    ]  # fmt: skip
    for body in applied:
        t.apply(f"{maps}/x", body, "conformance", query=DRY)
    accounts = {"kind": "ServiceAccount", "apiVersion": "v1"} | _named("x")
    t.apply(f"{CORE}/serviceaccounts/x", accounts | {"secrets": [{}]}, "conformance", query=DRY)
    t.put(f"{maps}/kube-root-ca.crt", first | {"metadata": {}}, query=DRY)
    reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    spec = {"spec": {"nonResourceAttributes": {"path": "/x"}}}
    t.get(reviews)
    t.get(f"{reviews}/x")
    t.post(reviews, {"spec": {}})
    t.post(reviews, spec, quiet=True)


SCENARIOS = (
    metadata, settings, pods, containers, volumes, placing, workloads, amounts, rights, networks,
    policies, options, bodies,
)  # fmt: skip
