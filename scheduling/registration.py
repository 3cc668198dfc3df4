"""Everything that scheduling registers with the rooms below it, in one place."""

from __future__ import annotations

from inventory import projection
from inventory.choices import FactKind
from inventory.services.removal import removal_blocker_register
from portal.act_objects import ObjectPage, object_pages_register
from portal.acts import acts_register
from portal.jobs import periodic
from portal.jobs.retention import needed_register
from portal.notices.kinds import register as notice_register
from portal.search.kinds import search_register
from scheduling.acts import ACTS, OBJECTS
from scheduling.found import ALLOCATIONS
from scheduling.registration_pages import pages_register
from scheduling.selectors.allocation_list import job_keys_live
from scheduling.services import facts, furniture, notices, patrol
from scheduling.tasks import kinds_register


def register() -> None:
    """Called once, when the app is ready."""
    kinds_register()
    acts_register(ACTS, OBJECTS)
    object_pages_register(
        {"allocation": ObjectPage("allocation_page", "allocation.view", sign="A-", of_tenant=True)}
    )
    search_register(ALLOCATIONS)
    pages_register()
    for notice in notices.KINDS:
        notice_register(notice)
    periodic.register(name="allocation.ends", every_seconds=30, run=patrol.ends_watch)
    periodic.register(name="allocation.runs", every_seconds=10, run=patrol.runs_watch)
    periodic.register(name="allocation.stuck", every_seconds=10, run=patrol.stuck_watch)
    periodic.register(name="allocation.overcommit", every_seconds=15, run=patrol.overcommit_watch)
    periodic.register(name="drift.scan", every_seconds=15, run=patrol.differences_watch)
    periodic.register(name="namespace.look", every_seconds=30, run=furniture.furniture_watch)
    periodic.register(name="object.orphans", every_seconds=60, run=patrol.orphans_watch)
    needed_register(job_keys_live)
    projection.register(FactKind.NODES, facts.nodes_changed)
    projection.register(FactKind.PODS, facts.pods_changed)
    projection.register(FactKind.QUOTAS, facts.quotas_changed)
    projection.register(FactKind.STATEFULSETS, facts.workloads_changed)
    projection.register(FactKind.JOBS, facts.workloads_changed)
    projection.register_cluster_state(facts.cluster_state_changed)
    removal_blocker_register(facts.removal_blockers)
