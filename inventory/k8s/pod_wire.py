"""Pods as the API sends them, and what the scheduler counts for one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from inventory.k8s.quantities import amounts_parse
from inventory.k8s.wire import Condition, LeanMeta, Wire

Amounts = dict[str, int]
DONE = frozenset({"Succeeded", "Failed"})


class Resources(Wire):
    """requests of a container or a pod."""

    requests: dict[str, str] | None = None


class Container(Wire):
    """One container; `restart_policy` Always makes an init container a sidecar."""

    name: str = ""
    resources: Resources | None = None
    restart_policy: str | None = None


class PodSpec(Wire):
    """spec of a pod."""

    node_name: str | None = None
    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    overhead: dict[str, str] | None = None
    resources: Resources | None = None


class Waiting(Wire):
    """Why a container does not run (yet, or any more)."""

    reason: str | None = None
    message: str | None = None
    exit_code: int | None = None
    finished_at: datetime | None = None


class ContainerState(Wire):
    """One of three states."""

    waiting: Waiting | None = None
    terminated: Waiting | None = None


class ContainerStatus(Wire):
    """What a kubelet reports of one container."""

    name: str = ""
    restart_count: int = 0
    state: ContainerState | None = None
    allocated_resources: dict[str, str] | None = None
    resources: Resources | None = None


class PodStatus(Wire):
    """status of a pod."""

    phase: str = ""
    reason: str | None = None
    message: str | None = None
    start_time: datetime | None = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None


class Pod(Wire):
    """A pod."""

    metadata: LeanMeta
    spec: PodSpec | None = None
    status: PodStatus | None = None


def _add(into: Amounts, other: Amounts) -> None:
    for key, amount in other.items():
        into[key] = into.get(key, 0) + amount


def _most(into: Amounts, other: Amounts) -> None:
    for key, amount in other.items():
        into[key] = max(into.get(key, 0), amount)


def _held(container: Container, statuses: dict[str, ContainerStatus], *, refused: bool) -> Amounts:
    """Requests of one container; while a resize is under way the larger of asked and held."""
    asked = amounts_parse(container.resources.requests if container.resources else None)
    status = statuses.get(container.name)
    if status is None:
        return asked
    held: Amounts = amounts_parse(status.allocated_resources)
    _most(held, amounts_parse(status.resources.requests if status.resources else None))
    if refused and held:
        return asked | held
    _most(asked, held)
    return asked


def _is_refused(conditions: Iterable[Condition]) -> bool:
    return any(c.type == "PodResizePending" and c.reason == "Infeasible" for c in conditions)


def pod_requests(spec: PodSpec, status: PodStatus) -> Amounts:
    """What the scheduler counts for a pod (k8s.io/component-helpers/resource: PodRequests).

    Containers and sidecars add up; an ordinary init container runs alone beside the sidecars
    started before it; a request of the pod as a whole replaces the sum; overhead comes on top.
    """
    refused = _is_refused(status.conditions or ())
    seen = [*(status.container_statuses or ()), *(status.init_container_statuses or ())]
    statuses = {s.name: s for s in seen}
    total: Amounts = {}
    for container in spec.containers or ():
        _add(total, _held(container, statuses, refused=refused))
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in spec.init_containers or ():
        own = _held(container, statuses, refused=refused)
        if container.restart_policy == "Always":
            _add(total, own)
            _add(sidecars, own)
            own = {}
        together = dict(sidecars)
        _add(together, own)
        _most(peak, together)
    _most(total, peak)
    if spec.resources is not None:
        total |= amounts_parse(spec.resources.requests)
    _add(total, amounts_parse(spec.overhead))
    return total
