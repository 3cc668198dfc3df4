"""What the inventory registers with the chassis at start."""

from __future__ import annotations

from inventory.acts import ACTS, OBJECTS
from inventory.found import KINDS
from inventory.health_checks import checks_register
from inventory.navigation import navigation_register
from inventory.notices import notice_kinds_register
from inventory.selectors.names import cluster_names, pool_names
from inventory.tasks import kinds_register
from inventory.topics import topics_register
from portal.act_objects import ObjectPage, object_pages_register
from portal.acts import acts_register
from portal.search.kinds import search_register


def register() -> None:
    """Register everything; called once, from `ready`."""
    kinds_register()
    topics_register()
    acts_register(ACTS, OBJECTS)
    object_pages_register(
        {
            "cluster": ObjectPage("cluster_page", "cluster.view", names=cluster_names),
            "pool": ObjectPage("pool_page", "node.view", names=pool_names),
        }
    )
    notice_kinds_register()
    search_register(*KINDS)
    checks_register()
    navigation_register()
