"""Decisions: quota counters, node commitments, allocations, namespaces."""

from scheduling.models.allocations import Allocation, ClaimInterval, Decision
from scheduling.models.commitments import Commitment, NodeCommitment
from scheduling.models.drift import Drift
from scheduling.models.namespaces import TenantNamespace
from scheduling.models.quota import Quota, QuotaChange, QuotaLedger, QuotaNode

__all__ = [
    "Allocation",
    "ClaimInterval",
    "Commitment",
    "Decision",
    "Drift",
    "NodeCommitment",
    "Quota",
    "QuotaChange",
    "QuotaLedger",
    "QuotaNode",
    "TenantNamespace",
]
