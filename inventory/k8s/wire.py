"""The parts of the API's JSON that Berth decodes; everything else is skipped unread. Pure.

Servers send null where the schema says list or map, hence the optional types.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Wire(msgspec.Struct, rename="camel", gc=False):
    """Base: names as the API spells them, unknown fields ignored."""


class ManagedField(Wire):
    """Who wrote an object, as the API server keeps it."""

    manager: str = ""
    operation: str = ""
    subresource: str = ""
    time: datetime | None = None
    fields_v1: dict[str, Any] | None = msgspec.field(default=None, name="fieldsV1")


class Owner(Wire):
    """A reference to the object that owns this one."""

    kind: str = ""
    name: str = ""
    controller: bool | None = None


class LeanMeta(Wire):
    """Metadata without the managers, which are half of most objects."""

    uid: str = ""
    name: str = ""
    namespace: str = ""
    resource_version: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[Owner] | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    generation: int = 0


class Meta(LeanMeta):
    """Metadata with the managers, for objects whose drift matters."""

    managed_fields: list[ManagedField] | None = None


class Condition(Wire):
    """One condition of any object."""

    type: str = ""
    status: str = ""
    reason: str | None = None
    message: str | None = None
    last_transition_time: str | None = None


class Taint(Wire):
    """One taint of a node."""

    key: str = ""
    value: str | None = None
    effect: str = ""


class NodeSpec(Wire):
    """spec of a node."""

    unschedulable: bool | None = None
    taints: list[Taint] | None = None


class NodeInfo(Wire):
    """Versions that a kubelet reports."""

    kubelet_version: str = ""
    os_image: str = ""
    architecture: str = ""
    kernel_version: str = ""


class NodeStatus(Wire):
    """status of a node, without the list of images."""

    allocatable: dict[str, str] | None = None
    capacity: dict[str, str] | None = None
    conditions: list[Condition] | None = None
    node_info: NodeInfo | None = None


class Node(Wire):
    """A node."""

    metadata: LeanMeta
    spec: NodeSpec | None = None
    status: NodeStatus | None = None


class NamespaceStatus(Wire):
    """status of a namespace."""

    phase: str = ""


class Namespace(Wire):
    """A namespace."""

    metadata: LeanMeta
    status: NamespaceStatus | None = None


class QuotaSpec(Wire):
    """spec of a ResourceQuota."""

    hard: dict[str, str] | None = None


class QuotaStatus(Wire):
    """status of a ResourceQuota."""

    hard: dict[str, str] | None = None
    used: dict[str, str] | None = None


class ResourceQuota(Wire):
    """A ResourceQuota."""

    metadata: Meta
    spec: QuotaSpec | None = None
    status: QuotaStatus | None = None


class WorkloadStatus(Wire):
    """status of a StatefulSet or a Job: the union of both."""

    replicas: int | None = None
    ready_replicas: int | None = None
    updated_replicas: int | None = None
    observed_generation: int | None = None
    conditions: list[Condition] | None = None
    active: int | None = None
    ready: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    terminating: int | None = None


class Workload(Wire):
    """A StatefulSet or a Job; its spec is kept whole for the hash alone."""

    metadata: Meta
    spec: dict[str, Any] | None = None
    status: WorkloadStatus | None = None
