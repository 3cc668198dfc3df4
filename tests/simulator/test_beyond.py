"""What the simulator would keep and then ignore, it refuses by the field's name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.testbed import ApiClient, ApiError
from simulator.bed import SimulatedBed

CORE = "/api/v1/namespaces/default"
APPS = "/apis/apps/v1/namespaces/default"
JOBS = "/apis/batch/v1/namespaces/default/jobs"
POLICIES = "/apis/admissionregistration.k8s.io/v1"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
NEIGHBOURS = {REQUIRED: [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"a": "b"}}}]}
SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
PORT = {"containerPort": 80, "hostPort": 80}
PODS: dict[str, dict[str, Any]] = {
    f"affinity.podAffinity.{REQUIRED}": {"affinity": {"podAffinity": NEIGHBOURS}},
    f"affinity.podAntiAffinity.{REQUIRED}": {"affinity": {"podAntiAffinity": NEIGHBOURS}},
    "topologySpreadConstraints[].whenUnsatisfiable=DoNotSchedule": {
        "topologySpreadConstraints": [SPREAD]
    },
    "volumes[].persistentVolumeClaim": {
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]
    },
    "volumes[].nfs": {"volumes": [{"name": "v", "nfs": {"server": "s", "path": "/"}}]},
    "resourceClaims": {"resourceClaims": [{"name": "c", "resourceClaimName": "c"}]},
    "runtimeClassName": {"runtimeClassName": "kata"},
    "resources": {"resources": {"limits": {"cpu": "1"}}},
    "readinessGates": {"readinessGates": [{"conditionType": "example.test/ready"}]},
    "containers[].ports[].hostPort": {
        "containers": [{"name": "main", "image": "a:1", "ports": [PORT]}]
    },
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiClient]:
    """A simulator of three nodes."""
    made = SimulatedBed(tmp_path_factory.mktemp("beyond") / "state").up()
    yield made.client()
    made.down()


def pod(**spec: Any) -> dict[str, Any]:
    """A pod."""
    content = {"containers": [{"name": "main", "image": "a:1"}]} | spec
    return {"metadata": {"name": "p", "labels": {"app": "p"}}, "spec": content}


def workload(**spec: Any) -> dict[str, Any]:
    """A StatefulSet, Deployment or ReplicaSet of such pods."""
    selector = {"matchLabels": {"app": "p"}}
    return {
        "metadata": {"name": "w"},
        "spec": {"replicas": 1, "serviceName": "w", "selector": selector, "template": pod(**spec)},
    }


def job(**spec: Any) -> dict[str, Any]:
    """A Job of such pods."""
    template = pod(**spec, restartPolicy="Never")
    return {"metadata": {"name": "j"}, "spec": {"template": template}}


def refused(client: ApiClient, path: str, body: dict[str, Any]) -> str:
    """What a refusal names; a trial without effect is refused as well."""
    names = set()
    for where in (path, f"{path}?dryRun=All"):
        with pytest.raises(ApiError) as error:
            client.create(where, body)
        assert (error.value.status, error.value.body["reason"]) == (501, "NotImplemented")
        names.add(error.value.body["details"]["kind"])
    (name,) = names
    return str(name)


@pytest.mark.parametrize("field", PODS)
def test_a_pod_is_refused_by_the_field_alone_and_in_every_template(
    client: ApiClient, field: str
) -> None:
    spec = PODS[field]
    assert refused(client, f"{CORE}/pods", pod(**spec)) == f"spec.{field} of pods"
    inside = f"spec.template.spec.{field} of"
    assert refused(client, JOBS, job(**spec)) == f"{inside} jobs.batch"
    for kind in ("statefulsets", "deployments", "replicasets"):
        body = workload(**spec)
        if kind != "statefulsets":
            del body["spec"]["serviceName"]
        assert refused(client, f"{APPS}/{kind}", body) == f"{inside} {kind}.apps"
    assert client.get(f"{CORE}/pods")["items"] == []


def policy(**spec: Any) -> dict[str, Any]:
    """An admission policy."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["pods"]}
    content: dict[str, Any] = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "true"}],
    }
    return {"metadata": {"name": "p"}, "spec": content | spec}


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        (f"{APPS}/statefulsets",
         workload() | {"spec": workload()["spec"] | {"volumeClaimTemplates": [
             {"metadata": {"name": "c"}, "spec": {"accessModes": ["ReadWriteOnce"]}}]}},
         "spec.volumeClaimTemplates of statefulsets.apps"),
        (JOBS, {"metadata": {"name": "j"}, "spec": job()["spec"] | {"activeDeadlineSeconds": 3}},
         "spec.activeDeadlineSeconds of jobs.batch"),
        (f"{CORE}/resourcequotas",
         {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "1"}, "scopes": ["BestEffort"]}},
         "spec.scopes of resourcequotas"),
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles",
         {"metadata": {"name": "r"}, "aggregationRule": {"clusterRoleSelectors": [
             {"matchLabels": {"a": "b"}}]}},
         "aggregationRule of clusterroles.rbac.authorization.k8s.io"),
        (f"{CORE}/secrets",
         {"metadata": {"name": "s"}, "type": "kubernetes.io/service-account-token"},
         "type=kubernetes.io/service-account-token of secrets"),
        (f"{POLICIES}/validatingadmissionpolicies", policy(paramKind={"kind": "ConfigMap"}),
         "spec.paramKind of validatingadmissionpolicies.admissionregistration.k8s.io"),
        (f"{POLICIES}/validatingadmissionpolicybindings",
         {"metadata": {"name": "b"}, "spec": {"policyName": "p", "validationActions": ["Warn"]}},
         "spec.validationActions[]=Warn of"
         " validatingadmissionpolicybindings.admissionregistration.k8s.io"),
    ],
)  # fmt: skip
def test_other_kinds_are_refused_by_what_nobody_would_act_on(
    client: ApiClient, path: str, body: dict[str, Any], name: str
) -> None:
    assert refused(client, path, body) == name


def test_a_pod_that_would_drive_others_away_is_refused(client: ApiClient) -> None:
    classes = "/apis/scheduling.k8s.io/v1/priorityclasses"
    client.create(classes, {"metadata": {"name": "high"}, "value": 5})
    polite = {"metadata": {"name": "polite"}, "value": 5, "preemptionPolicy": "Never"}
    client.create(classes, polite)
    name = "spec.priority (preemption) of pods"
    assert refused(client, f"{CORE}/pods", pod(priorityClassName="high")) == name
    client.create(f"{CORE}/pods?dryRun=All", pod(priorityClassName="polite"))


def test_what_only_wishes_is_taken(client: ApiClient) -> None:
    term = {"weight": 1, "podAffinityTerm": NEIGHBOURS[REQUIRED][0]}
    soft = {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}
    spread = SPREAD | {"whenUnsatisfiable": "ScheduleAnyway"}
    body = pod(affinity=soft, topologySpreadConstraints=[spread], volumes=[
        {"name": "v", "emptyDir": {}}, {"name": "c", "configMap": {"name": "c"}},
    ])  # fmt: skip
    assert client.create(f"{CORE}/pods?dryRun=All", body)["kind"] == "Pod"


def test_a_change_to_what_is_not_modelled_is_refused_and_changes_nothing(
    client: ApiClient,
) -> None:
    client.create(f"{APPS}/statefulsets", workload() | {"metadata": {"name": "kept"}})
    path = f"{APPS}/statefulsets/kept"
    claim = {"name": "v", "persistentVolumeClaim": {"claimName": "c"}}
    with pytest.raises(ApiError) as error:
        client.merge(path, {"spec": {"template": {"spec": {"volumes": [claim]}}}})
    assert error.value.status == 501
    assert "volumes" not in client.get(path)["spec"]["template"]["spec"]
    client.delete(path)


def test_nobody_is_answered_as_somebody_else(client: ApiClient) -> None:
    headers = {"Authorization": f"Bearer {client._token}", "Impersonate-User": "nobody"}
    connection = client._connect()
    connection.request("GET", "/api/v1/nodes", headers=headers)
    answer = connection.getresponse()
    assert (answer.status, b"impersonation" in answer.read()) == (501, True)
    connection.close()


@pytest.mark.parametrize("accept", ["application/yaml", "application/vnd.kubernetes.protobuf"])
def test_answers_in_another_form_are_refused_by_name(client: ApiClient, accept: str) -> None:
    headers = {"Authorization": f"Bearer {client._token}", "Accept": accept}
    connection = client._connect()
    connection.request("GET", "/api/v1/nodes", headers=headers)
    answer = connection.getresponse()
    assert (answer.status, accept.encode() in answer.read()) == (501, True)
    connection.close()
