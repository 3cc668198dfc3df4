"""What a decision is made of: frozen values, no framework, no clock.

Amounts map a resource ("cpu" in milli-cores, "memory" in bytes, a device type in devices) to an
integer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Amounts = Mapping[str, int]
POD = {"pods": 1}


def room_of(shape: Amounts) -> dict[str, int]:
    """Amounts of one piece on a node: its shape and one of the pods that the node may run."""
    return {key: amount for key, amount in shape.items() if amount} | POD


class Verdict(StrEnum):
    """Fits now, fits once something is given back, or can never fit as asked."""

    FITS = "fits"
    WAIT = "wait"
    CANNOT = "cannot"


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node as the snapshot saw it.

    `allocatable` is what Kubernetes may hand out on it, `free` what neither foreign pods nor
    earlier decisions hold. `blockers` lists what keeps every new pod away, as codes:
    "not-ready", "cordoned", "tainted", "over-committed", "gone".
    """

    uid: str
    name: str
    cluster: str
    allocatable: Amounts
    free: Amounts
    blockers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterView:
    """A cluster as the snapshot saw it; `blocker` is a code such as "unreachable", or empty.

    For open capacity: `fenced` tells that the admission policies stand there, `mixed` names the
    device types whose resource key means another type, too, in this pool.
    """

    name: str
    blocker: str = ""
    fenced: bool = True
    mixed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class QuotaLevel:
    """Limit and use at one level of the tree; levels come root first."""

    tenant_key: str
    cap: Amounts
    allocated: Amounts


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a decision may look at."""

    nodes: tuple[NodeView, ...]
    clusters: tuple[ClusterView, ...]
    levels: tuple[QuotaLevel, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """`replicas` pieces of `shape`, each on one node, all in one cluster of the pool.

    `is_open` asks for room for the tenant's own pods, which name resource keys, not device types.
    """

    tenant_key: str
    replicas: int
    shape: Amounts
    cluster: str | None = None
    is_open: bool = False

    @property
    def total(self) -> dict[str, int]:
        """What it takes from quota."""
        return {resource: amount * self.replicas for resource, amount in self.shape.items()}

    @property
    def room(self) -> dict[str, int]:
        """What one piece takes on its node: the shape and a pod's place."""
        return room_of(self.shape)


@dataclass(frozen=True, slots=True)
class Policy:
    """Choices of the operator. `avoid` names nodes that this decision must not use."""

    check_quota: bool = True
    avoid: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Placement:
    """`replicas` pieces on one node."""

    node_uid: str
    node_name: str
    cluster: str
    replicas: int


@dataclass(frozen=True, slots=True)
class Check:
    """One rule that was looked at, with its numbers where it has any."""

    rule: str
    ok: bool
    scope: str = ""
    resource: str = ""
    limit: int | None = None
    now: int | None = None
    asked: int | None = None
    short_by: int | None = None


@dataclass(frozen=True, slots=True)
class NodeRefusal:
    """Why a node took nothing: a code, and for room the resource with free and asked."""

    node: str
    cluster: str
    code: str
    resource: str = ""
    free: int | None = None
    asked: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer with its explanation; `placements` is empty unless the verdict is FITS."""

    verdict: Verdict
    checks: tuple[Check, ...]
    placements: tuple[Placement, ...] = ()
    refused: tuple[NodeRefusal, ...] = field(default=())

    @property
    def first_unmet(self) -> Check | None:
        """The first check that failed, in the order in which they were made."""
        return next((check for check in self.checks if not check.ok), None)
