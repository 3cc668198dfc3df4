"""The pure core: `decide(snapshot, ask, policy)` and its explanation."""

from scheduling.engine.decide import decide, devices_first
from scheduling.engine.types import (
    Amounts,
    Ask,
    Check,
    ClusterView,
    Decision,
    NodeRefusal,
    NodeView,
    Placement,
    Policy,
    QuotaLevel,
    Snapshot,
    Verdict,
    room_of,
)

__all__ = [
    "Amounts",
    "Ask",
    "Check",
    "ClusterView",
    "Decision",
    "NodeRefusal",
    "NodeView",
    "Placement",
    "Policy",
    "QuotaLevel",
    "Snapshot",
    "Verdict",
    "decide",
    "devices_first",
    "room_of",
]
