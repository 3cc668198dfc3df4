"""Plugins ServiceAccount, Priority, DefaultTolerationSeconds and PodTopologyLabels."""

from __future__ import annotations

from simulator.admission.attempt import Attempt
from simulator.api import errors
from simulator.objects import Object, random_suffix
from simulator.store.store import Store

MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
LOST = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
TOLERATED_SECONDS = 300
TOPOLOGY = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")
PRIORITIES = "priorityclasses.scheduling.k8s.io"


def set_account(store: Store, attempt: Attempt) -> None:
    """Give a pod its account and the account's token; refuse one that is not there."""
    pod = attempt.obj or {}
    spec = pod["spec"]
    name = spec.setdefault("serviceAccountName", "default")
    spec["serviceAccount"] = name
    found = store.get("serviceaccounts", attempt.namespace, name)
    if found is None:
        why = (
            f"error looking up service account {attempt.namespace}/{name}: serviceaccount"
            f' "{name}" not found'
        )
        raise errors.forbidden(attempt.kind, attempt.name, why)
    wanted = spec.get("automountServiceAccountToken")
    if wanted is None:
        wanted = found.obj.get("automountServiceAccountToken", True)
    if wanted:
        _mount(spec)


def _mount(spec: Object) -> None:
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    missing = [
        c
        for c in containers
        if all(m.get("mountPath") != MOUNT_PATH for m in c.get("volumeMounts") or ())
    ]
    if not missing:
        return
    volume = f"kube-api-access-{random_suffix()}"
    reference = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
        {"downwardAPI": {"items": [{"fieldRef": reference, "path": "namespace"}]}},
    ]
    projected = {"sources": sources, "defaultMode": 420}
    spec.setdefault("volumes", []).append({"name": volume, "projected": projected})
    for container in missing:
        mount = {"name": volume, "readOnly": True, "mountPath": MOUNT_PATH}
        container.setdefault("volumeMounts", []).append(mount)


def set_priority(store: Store, attempt: Attempt) -> None:
    """Turn the name of a priority class into its number."""
    spec = (attempt.obj or {})["spec"]
    name = spec.get("priorityClassName")
    if not name:
        for stored in store.each(PRIORITIES):
            if stored.obj.get("globalDefault"):
                name = spec["priorityClassName"] = stored.name
    found = store.get(PRIORITIES, "", name) if name else None
    if name and found is None:
        why = f"no PriorityClass with name {name} was found"
        raise errors.forbidden(attempt.kind, attempt.name, why)
    computed = found.obj if found else {"value": 0}
    _computed(attempt, "priority", computed["value"], "integer value of priority")
    policy = computed.get("preemptionPolicy", "PreemptLowerPriority")
    _computed(attempt, "preemptionPolicy", policy, "string value of PreemptionPolicy")


def _computed(attempt: Attempt, field: str, value: object, words: str) -> None:
    """Set what follows from the class; a pod may say the same and nothing else."""
    spec = (attempt.obj or {})["spec"]
    if spec.setdefault(field, value) != value:
        why = (
            f"the {words} ({spec[field]}) must not be provided in pod spec; priority admission"
            f" controller computed {value} from the given PriorityClass name"
        )
        raise errors.forbidden(attempt.kind, attempt.name, why)


def set_tolerations(attempt: Attempt) -> None:
    """A pod stays five minutes on a node that is lost, where it says nothing else."""
    spec = (attempt.obj or {})["spec"]
    tolerations = spec.setdefault("tolerations", [])
    for key in LOST:
        if any(_covers(t, key) for t in tolerations):
            continue
        tolerations.append(
            {
                "key": key,
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": TOLERATED_SECONDS,
            }
        )


def _covers(toleration: Object, key: str) -> bool:
    named = toleration.get("key") in (key, None, "")
    return named and toleration.get("effect") in ("NoExecute", None, "")


def topology_labels(store: Store, node: str, pod: Object) -> None:
    """A pod that is bound carries its node's zone and region."""
    found = store.get("nodes", "", node)
    labels = (found.obj["metadata"].get("labels") or {}) if found else {}
    wanted = {key: labels[key] for key in TOPOLOGY if key in labels}
    if wanted:
        meta = pod["metadata"]
        meta["labels"] = (meta.get("labels") or {}) | wanted
