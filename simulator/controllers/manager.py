"""Runs every controller, the scheduler and the kubelets of one cluster."""

from __future__ import annotations

import asyncio

from simulator.controllers.deployments import Deployments
from simulator.controllers.expiry import Expiry
from simulator.controllers.garbage import Garbage
from simulator.controllers.jobs import Jobs
from simulator.controllers.loop import Loop
from simulator.controllers.namespaces import Namespaces
from simulator.controllers.nodes import Nodes
from simulator.controllers.quotas import Quotas
from simulator.controllers.replica_sets import ReplicaSets
from simulator.controllers.scheduler import Scheduler
from simulator.controllers.stateful_sets import StatefulSets
from simulator.controllers.taints import Taints
from simulator.core import Core
from simulator.kubelet.kubelet import Kubelet

PARTS: tuple[type[Loop], ...] = (
    Namespaces, Nodes, Kubelet, Scheduler, Quotas, StatefulSets, Jobs, ReplicaSets, Deployments,
    Garbage, Expiry, Taints,
)  # fmt: skip


async def run_all(core: Core) -> None:
    """Run them until cancelled."""
    async with asyncio.TaskGroup() as group:
        for part in PARTS:
            group.create_task(part(core).run(), name=part.name)
