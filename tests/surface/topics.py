"""Topics of the live socket, as a table: who may hear of what."""

from __future__ import annotations

from portal.live.rights import topic_snapshot, topics_allowed
from portal.viewer import Viewer
from tests.surface.kit import PLATFORM_READS, TEAM_READS, Audience
from tests.surface.stage import Stage
from tests.surface.world import ALPHA, BRAVO, MISSING

# prefix -> what stands after it ("" for nothing), and who may listen
TOPICS: dict[str, tuple[str, Audience]] = {
    "allocation": ("allocation", TEAM_READS),
    "allocations": ("", PLATFORM_READS),
    "cluster": ("cluster_id", PLATFORM_READS),
    "clusters": ("", PLATFORM_READS),
    "drift": ("", PLATFORM_READS),
    "job": ("job", TEAM_READS),
    "jobs": ("", PLATFORM_READS),
    "pools": ("", PLATFORM_READS),
    "quota": ("tenant", TEAM_READS),
    "quotas": ("", PLATFORM_READS),
    "request": ("request", TEAM_READS),
    "requests": ("", PLATFORM_READS),
    "tenant": ("tenant", TEAM_READS),
    "tenants": ("", PLATFORM_READS),
    "user": ("owner", Audience(frozenset({"owner"}))),
    "users": ("", PLATFORM_READS),
}
# A socket is opened by a session: tokens have none.
LISTENERS = ("viewer", "member", "owner", "other", "auditor", "operator")


def topic_name(stage: Stage, prefix: str, whose: str) -> str:
    """The topic about somebody's object."""
    what, _audience = TOPICS[prefix]
    return f"{prefix}:{stage.world.ids[whose][what]}" if what else prefix


def topics_of_strangers(stage: Stage, person: str) -> list[str]:
    """Topics that a person of alpha or bravo must not hear: strangers' and nobody's objects, and
    the platform's."""
    strange = ALPHA if person == "other" else BRAVO
    found = []
    for prefix, (what, audience) in TOPICS.items():
        if what and what != "cluster_id":
            found += [topic_name(stage, prefix, whose) for whose in (strange, MISSING)]
        elif audience.status(person):
            found.append(topic_name(stage, prefix, strange))
    return found


def topic_leaks(stage: Stage) -> list[str]:
    """Topics about strangers' objects that a person may hear."""
    found = []
    for person in ("anonymous", *LISTENERS):
        nobody = person == "anonymous"
        viewer = Viewer.anonymous() if nobody else stage.world.crew.someone(person).viewer
        if viewer.sees_all:
            continue
        for topic in topics_of_strangers(stage, person):
            if topics_allowed(viewer=viewer, topics=[topic]):
                shown = topic_snapshot(viewer=viewer, topic=topic)
                found.append(f"{person} hears {topic} {shown}")
    return found
