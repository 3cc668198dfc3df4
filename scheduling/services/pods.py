"""What the pods of an allocation are doing, and why one does not run yet, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_noop

from inventory.k8s.pod_wire import PodSpec, PodStatus, pod_requests
from inventory.models.pod import DONE_PHASES
from portal.jobs.outcome import Reason
from scheduling.engine.evict import Tenancy

Object = dict[str, Any]
IMAGE_CODES = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
)
STARTING = gettext_noop("%(done)s of %(total)s pods run.")
WORDS = {
    "image": gettext_noop("%(done)s of %(total)s pods run. %(pod)s: the image can't be pulled."),
    "unschedulable": gettext_noop(
        "%(done)s of %(total)s pods run. %(pod)s: Kubernetes finds no node with room for it;"
        " after a minute Berth looks for another."
    ),
    "crash": gettext_noop("%(done)s of %(total)s pods run. %(pod)s ends again and again."),
    "cluster-quota": gettext_noop(
        "%(done)s of %(total)s pods run. A quota of the cluster that is not Berth's refuses pods"
        " in this namespace. Its administrator has to remove or widen it."
    ),
    "cluster-policy": gettext_noop(
        "%(done)s of %(total)s pods run. An admission policy of the cluster refuses the pods. Its"
        " administrator has to let them pass."
    ),
    "refused": gettext_noop(
        "%(done)s of %(total)s pods run. The cluster refuses to create the pods."
    ),
}


def pod_item(pod: Object) -> dict[str, Any]:
    """One pod as plain data for the step's table."""
    meta, status = pod["metadata"], pod.get("status") or {}
    return {
        "pod": meta["name"],
        "node": (pod.get("spec") or {}).get("nodeName", ""),
        "phase": status.get("phase", ""),
        "reason": _reason(status),
        "since": meta.get("creationTimestamp", ""),
        "ending": bool(meta.get("deletionTimestamp")),
    }


def tenancies(pods: Iterable[Object]) -> list[Tenancy]:
    """Pods that have not ended, with what a ResourceQuota counts for them, oldest first."""
    found = [_tenancy(pod) for pod in pods if pod["status"].get("phase") not in DONE_PHASES]
    return sorted(found, key=lambda pod: (pod.began, pod.name))


def _tenancy(pod: Object) -> Tenancy:
    meta, spec = pod["metadata"], pod["spec"]
    status = msgspec.convert(pod["status"], PodStatus)
    requests = pod_requests(msgspec.convert(spec, PodSpec), status)
    limits = pod_requests(msgspec.convert(_limits_as_requests(spec), PodSpec), PodStatus())
    counts = {f"requests.{key}": amount for key, amount in requests.items()}
    return Tenancy(
        name=str(meta["name"]),
        uid=str(meta["uid"]),
        began=str(meta["creationTimestamp"]),
        counts=counts | {f"limits.{key}": amount for key, amount in limits.items()},
        leaving=bool(meta.get("deletionTimestamp")),
    )


def _limits_as_requests(spec: Object) -> Object:
    """Limits add up as requests do, so they may take their place."""
    lists = {
        name: [each | {"resources": _limits(each)} for each in spec.get(name) or ()]
        for name in ("containers", "initContainers")
    }
    return spec | lists | {"resources": _limits(spec)}


def _limits(owner: Object) -> Object:
    return {"requests": (owner.get("resources") or {}).get("limits")}


def is_running(item: Mapping[str, Any]) -> bool:
    """Tell whether a pod runs and is to stay."""
    return item["phase"] == "Running" and not item["ending"]


def image_trouble(items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The first pod whose image can't be pulled."""
    return next((item for item in items if item["reason"] in IMAGE_CODES), None)


def waiting_reason(
    items: Sequence[Mapping[str, Any]], *, done: int, total: int, refusals: Sequence[Object]
) -> Reason:
    """Why not every pod runs yet; `refusals` are the object's events, newest last."""
    params = {"done": done, "total": total, "pod": ""}
    stuck = image_trouble(items) or next((item for item in items if item["reason"]), None)
    if stuck is not None:
        code = _code(str(stuck["reason"]))
        return Reason(code, WORDS.get(code, STARTING), params | {"pod": stuck["pod"]})
    failed = [event for event in refusals if event.get("reason") == "FailedCreate"]
    if failed and len(items) < total:
        code = _refusal_code(str(failed[-1].get("message", "")))
        return Reason(code, WORDS[code], params)
    return Reason("starting", STARTING, params)


def seconds_since(text: str, now: datetime) -> float:
    """Seconds between a moment as the API writes it and now; 0 where there is none."""
    at = parse_datetime(text) if text else None
    return (now - at).total_seconds() if at else 0.0


def _code(reason: str) -> str:
    if reason in IMAGE_CODES:
        return "image"
    return {"Unschedulable": "unschedulable", "CrashLoopBackOff": "crash"}.get(reason, "starting")


def _refusal_code(message: str) -> str:
    """Kubernetes says it in its message alone (kubernetes notes, section 10.3)."""
    if "exceeded quota:" in message:
        return "cluster-quota"
    return "cluster-policy" if "AdmissionPolicy" in message else "refused"


def _reason(status: Mapping[str, Any]) -> str:
    """Why a pod does not run yet, in Kubernetes' own word."""
    for container in status.get("containerStatuses") or ():
        waiting = (container.get("state") or {}).get("waiting")
        if waiting:
            return str(waiting.get("reason", ""))
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("reason", ""))
    return ""
