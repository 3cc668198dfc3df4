"""Every topic of the live socket × every person × own, strange, nothing, nonsense."""

from __future__ import annotations

import pytest

from portal.live.rights import topics_allowed
from portal.live.topics import topic_prefixes
from portal.viewer import Viewer
from tests.surface.stage import Stage
from tests.surface.topics import LISTENERS, TOPICS, topic_leaks, topic_name
from tests.surface.world import ALPHA, MISSING

NONSENSE = ("-1", "0", "9" * 60, "1e3", "a.b", "%27", "1_0", "x" * 100)


def test_every_topic_has_a_row() -> None:
    assert topic_prefixes() == set(TOPICS)


@pytest.mark.parametrize("prefix", sorted(TOPICS))
def test_everybody_hears_what_the_table_says(stage: Stage, prefix: str) -> None:
    topic = topic_name(stage, prefix, ALPHA)
    for person in LISTENERS:
        viewer = stage.world.crew.someone(person).viewer
        heard = topics_allowed(viewer=viewer, topics=[topic])
        assert bool(heard) == (TOPICS[prefix][1].status(person) == 0), person
    assert not topics_allowed(viewer=Viewer.anonymous(), topics=[topic])


def test_nobody_hears_of_strangers(stage: Stage) -> None:
    assert topic_leaks(stage) == []


@pytest.mark.parametrize("prefix", sorted(TOPICS))
def test_nonsense_is_nothing(stage: Stage, prefix: str) -> None:
    for person in ("owner", "operator"):
        viewer = stage.world.crew.someone(person).viewer
        for ident in (*NONSENSE, str(stage.world.ids[MISSING]["tenant"])):
            heard = topics_allowed(viewer=viewer, topics=[f"{prefix}:{ident}"])
            # Whoever sees all tenants may listen to one that is not there: nothing is ever said.
            assert not heard or (viewer.sees_all and prefix in {"tenant", "quota", "cluster"})
