"""From the API's JSON to records. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from inventory import labels as keys
from inventory.k8s import records, wire
from inventory.k8s.pod_wire import Pod, PodSpec, PodStatus, pod_requests
from inventory.k8s.quantities import amounts_parse

MESSAGE_CHARS = 500
MANAGER_FIELDS = 20
_canonical = msgspec.json.Encoder(order="sorted")


def node_record(node: wire.Node) -> records.NodeRecord:
    """Keep of a node what placement and pages need."""
    spec, status = node.spec or wire.NodeSpec(), node.status or wire.NodeStatus()
    conditions = status.conditions or []
    info = status.node_info or wire.NodeInfo()
    return records.NodeRecord(
        **_common(node.metadata),
        labels=node.metadata.labels or {},
        taints=[
            {"key": t.key, "value": t.value or "", "effect": t.effect} for t in spec.taints or ()
        ],
        ready=any(c.type == "Ready" and c.status == "True" for c in conditions),
        schedulable=not spec.unschedulable,
        allocatable=amounts_parse(status.allocatable),
        capacity=amounts_parse(status.capacity),
        conditions=_conditions(conditions),
        info={k: v for k, v in msgspec.structs.asdict(info).items() if v},
        deleting_at=node.metadata.deletion_timestamp,
    )


def namespace_record(namespace: wire.Namespace) -> records.NamespaceRecord:
    """Keep of a namespace its labels and Berth's own annotations."""
    return records.NamespaceRecord(
        **_common(namespace.metadata),
        labels=namespace.metadata.labels or {},
        annotations=keys.own_labels(namespace.metadata.annotations or {}),
        phase=namespace.status.phase if namespace.status else "",
        deleting_at=namespace.metadata.deletion_timestamp,
    )


def pod_record(pod: Pod) -> records.PodRecord:
    """Keep of a pod where it stands, what it holds, and what is wrong with it."""
    meta = pod.metadata
    spec, status = pod.spec or PodSpec(), pod.status or PodStatus()
    own = keys.own_labels(meta.labels or {})
    owner = next((o for o in meta.owner_references or () if o.controller), wire.Owner())
    reason, message = _trouble(status)
    ended = [
        s.state.terminated.finished_at
        for s in status.container_statuses or ()
        if s.state and s.state.terminated and s.state.terminated.finished_at
    ]
    return records.PodRecord(
        **_common(meta),
        labels=own,
        namespace=meta.namespace,
        node_name=spec.node_name or "",
        phase=status.phase,
        ready=any(c.type == "Ready" and c.status == "True" for c in status.conditions or ()),
        reason=reason[:120],
        message=message[:MESSAGE_CHARS],
        restarts=sum(s.restart_count for s in status.container_statuses or ()),
        requests=pod_requests(spec, status),
        holder=own.get(keys.ALLOCATION, ""),
        owner_kind=owner.kind[:63],
        owner_name=owner.name,
        deleting_at=meta.deletion_timestamp,
        started_at=status.start_time,
        finished_at=max(ended, default=None) if status.phase in {"Succeeded", "Failed"} else None,
    )


def _trouble(status: PodStatus) -> tuple[str, str]:
    """The most telling reason: a container that waits, else the pod's own, else unscheduled."""
    every = [*(status.init_container_statuses or ()), *(status.container_statuses or ())]
    for container in every:
        waiting = container.state.waiting if container.state else None
        if waiting and waiting.reason not in {None, "", "ContainerCreating", "PodInitializing"}:
            return waiting.reason or "", waiting.message or ""
    if status.reason:
        return status.reason, status.message or ""
    for condition in status.conditions or ():
        if condition.type == "PodScheduled" and condition.status == "False":
            return condition.reason or "Unschedulable", condition.message or ""
    for container in every:
        ended = container.state.terminated if container.state else None
        if ended and ended.exit_code:
            return ended.reason or "Error", ended.message or ""
    return "", ""


def quota_record(quota: wire.ResourceQuota) -> records.QuotaRecord:
    """Keep of a ResourceQuota its three lists of amounts and who wrote it."""
    status = quota.status or wire.QuotaStatus()
    return records.QuotaRecord(
        **_common(quota.metadata),
        labels=quota.metadata.labels or {},
        namespace=quota.metadata.namespace,
        annotations=keys.own_labels(quota.metadata.annotations or {}),
        hard=amounts_parse(quota.spec.hard if quota.spec else None),
        status_hard=amounts_parse(status.hard),
        used=amounts_parse(status.used),
        managers=_managers(quota.metadata.managed_fields or ()),
    )


def stateful_set_record(workload: wire.Workload) -> records.WorkloadRecord:
    """Keep of a StatefulSet how many replicas there are and should be."""
    status = workload.status or wire.WorkloadStatus()
    replicas = (workload.spec or {}).get("replicas")
    return _workload(
        "StatefulSet",
        workload,
        replicas=1 if replicas is None else int(replicas),
        ready_replicas=status.ready_replicas or 0,
    )


def job_record(workload: wire.Workload) -> records.WorkloadRecord:
    """Keep of a Job how many pods run at once and how far it has come."""
    status = workload.status or wire.WorkloadStatus()
    parallelism = (workload.spec or {}).get("parallelism")
    return _workload(
        "Job",
        workload,
        replicas=1 if parallelism is None else int(parallelism),
        ready_replicas=status.ready or 0,
    )


def spec_digest(spec: dict[str, Any]) -> str:
    """A digest that changes when anything of a spec, as the API server keeps it, does."""
    return hashlib.sha256(_canonical.encode(spec)).hexdigest()[:32]


def _workload(
    kind: str, workload: wire.Workload, *, replicas: int, ready_replicas: int
) -> records.WorkloadRecord:
    spec = workload.spec or {}
    status = workload.status or wire.WorkloadStatus()
    counts = {
        "active": status.active,
        "succeeded": status.succeeded,
        "failed": status.failed,
        "terminating": status.terminating,
        "current": status.replicas,
        "updated": status.updated_replicas,
        "completions": spec.get("completions"),
    }
    return records.WorkloadRecord(
        **_common(workload.metadata),
        labels=workload.metadata.labels or {},
        kind=kind,
        namespace=workload.metadata.namespace,
        annotations=keys.own_labels(workload.metadata.annotations or {}),
        managers=_managers(workload.metadata.managed_fields or ()),
        spec_hash=spec_digest(spec),
        replicas=replicas,
        ready_replicas=ready_replicas,
        counts={key: int(count) for key, count in counts.items() if count is not None},
        conditions=_conditions(status.conditions or ()),
        generation=workload.metadata.generation,
        observed_generation=status.observed_generation or 0,
        suspended=bool(spec.get("suspend")),
        deleting_at=workload.metadata.deletion_timestamp,
    )


def _common(meta: wire.LeanMeta) -> dict[str, Any]:
    return {
        "uid": meta.uid,
        "name": meta.name,
        "resource_version": meta.resource_version,
        "created_at": meta.creation_timestamp,
    }


def _conditions(found: Iterable[wire.Condition]) -> list[dict[str, str]]:
    return [
        {
            "type": c.type,
            "status": c.status,
            "reason": c.reason or "",
            "message": (c.message or "")[:MESSAGE_CHARS],
            "since": c.last_transition_time or "",
        }
        for c in found
    ]


def _managers(found: Iterable[wire.ManagedField]) -> list[dict[str, Any]]:
    """Who wrote what: enough to name the hand behind a drift."""
    return [
        {
            "manager": m.manager,
            "operation": m.operation,
            "subresource": m.subresource,
            "time": m.time.isoformat() if m.time else "",
            "fields": _paths(m.fields_v1 or {}),
        }
        for m in found
    ]


def _paths(fields: dict[str, Any]) -> list[str]:
    """The first two levels of the owned fields, such as spec.replicas or metadata.labels."""
    paths = []
    for top, inner in fields.items():
        below = [k for k in inner if k.startswith("f:")] if isinstance(inner, dict) else []
        head = top.removeprefix("f:")
        paths += [f"{head}.{k.removeprefix('f:')}" for k in below] or [head]
    return sorted(paths)[:MANAGER_FIELDS]
