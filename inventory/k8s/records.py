"""What Berth keeps of a cluster's objects: flat, small and plain. Pure.

Amounts are integers in base units (cpu in milli-cores, memory in bytes, devices as counts) by
the cluster's own resource keys. Moments are aware and in UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What every mirrored object has."""

    uid: str
    name: str
    resource_version: str
    labels: dict[str, str]
    created_at: datetime | None = None


class NodeRecord(Record, frozen=True, kw_only=True):
    """A node; `conditions` leave heartbeats out so that only a change is one."""

    taints: list[dict[str, str]]
    ready: bool
    schedulable: bool
    allocatable: dict[str, int]
    capacity: dict[str, int]
    conditions: list[dict[str, str]]
    info: dict[str, str]
    deleting_at: datetime | None = None


class NamespaceRecord(Record, frozen=True, kw_only=True):
    """A namespace; `annotations` are Berth's own only."""

    phase: str
    annotations: dict[str, str]
    deleting_at: datetime | None = None


class PodRecord(Record, frozen=True, kw_only=True):
    """A pod; `labels` are Berth's own only, `requests` is what the scheduler counts."""

    namespace: str
    node_name: str
    phase: str
    ready: bool
    reason: str
    message: str
    restarts: int
    requests: dict[str, int]
    holder: str
    owner_kind: str
    owner_name: str
    deleting_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class QuotaRecord(Record, frozen=True, kw_only=True):
    """A ResourceQuota: asked for, acknowledged by the cluster, and used."""

    namespace: str
    annotations: dict[str, str]
    hard: dict[str, int]
    status_hard: dict[str, int]
    used: dict[str, int]
    managers: list[dict[str, Any]]


class WorkloadRecord(Record, frozen=True, kw_only=True):
    """A StatefulSet or a Job; `spec_hash` changes when anything of its spec does."""

    kind: str
    namespace: str
    annotations: dict[str, str]
    managers: list[dict[str, Any]]
    spec_hash: str
    replicas: int
    ready_replicas: int
    counts: dict[str, int]
    conditions: list[dict[str, str]]
    generation: int
    observed_generation: int
    suspended: bool
    deleting_at: datetime | None = None


AnyRecord = NodeRecord | NamespaceRecord | PodRecord | QuotaRecord | WorkloadRecord
