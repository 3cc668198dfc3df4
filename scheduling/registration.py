"""Everything that scheduling registers with the rooms below it, in one place."""

from __future__ import annotations

from inventory import projection
from inventory.choices import FactKind
from scheduling.services import facts
from scheduling.tasks import kinds_register


def register() -> None:
    """Called once, when the app is ready."""
    kinds_register()
    projection.register(FactKind.NODES, facts.nodes_changed)
    projection.register(FactKind.PODS, facts.pods_changed)
    projection.register(FactKind.QUOTAS, facts.quotas_changed)
    projection.register(FactKind.STATEFULSETS, facts.workloads_changed)
    projection.register(FactKind.JOBS, facts.workloads_changed)
