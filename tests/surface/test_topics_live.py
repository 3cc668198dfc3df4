"""Every topic over a real websocket: whoever is a stranger hears nothing, and is told nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker
from websockets.exceptions import InvalidStatus

from portal import live
from portal.scope import scope
from portal.viewer import Viewer
from tests.database import tables_empty
from tests.portal.servers import Server, relay_running, uvicorn_running
from tests.portal.test_live_socket import Tab, tab
from tests.surface.stage import FAST, Stage
from tests.surface.topics import TOPICS, topic_name, topics_of_strangers
from tests.surface.world import ALPHA, BRAVO, text_of, world_make
from tests.surface.world.marks import ORDER

SYSTEM = Viewer.system("tests")
pytestmark = [pytest.mark.storm, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """The world of these tests, committed: another process looks at it."""
    with django_db_blocker.unblock(), override_settings(**FAST):
        yield Stage(world_make())
        tables_empty()


@pytest.fixture(scope="module")
def server(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with uvicorn_running(tmp_path_factory.mktemp("web") / "log") as running, relay_running():
        yield running


def subscribed(one: Tab, topics: list[str]) -> dict[str, dict[str, Any]]:
    """The answers to a subscription to each topic."""
    return {topic: one.ask(op="sub", id=at, topic=topic) for at, topic in enumerate(topics)}


@pytest.mark.parametrize("person", ["owner", "member", "viewer", "other", "other_member"])
def test_a_socket_says_and_sends_nothing_of_strangers(
    stage: Stage, server: Server, person: str
) -> None:
    own, strange = (BRAVO, ALPHA) if person.startswith("other") else (ALPHA, BRAVO)
    hidden = topics_of_strangers(stage, "other" if own == BRAVO else person)
    if own == BRAVO:  # the table speaks of alpha's people
        hidden.append(topic_name(stage, "user", ALPHA))
    heard = f"tenant:{own}"
    with tab(server, stage.world.crew.someone(person)) as one:
        assert one.ask(op="sub", id=500, topic=heard)["op"] == "ack"
        for topic, answer in subscribed(one, hidden).items():
            assert answer | {"id": 0} == {"op": "error", "id": 0, "code": "not-found"}, topic
        with scope(SYSTEM):
            for topic in hidden:
                live.publish(topic, "changed")
            live.publish(heard, "changed")
        told = [one.get()]
        assert one.silent(1.0)
    assert [event["topic"] for event in told] == [heard]
    words = {strange, text_of(strange)}
    assert not [word for word in words if word in str(told)]


@pytest.mark.parametrize("person", ["owner", "member", "viewer", "auditor", "operator"])
def test_a_socket_lets_everybody_hear_what_the_table_says(
    stage: Stage, server: Server, person: str
) -> None:
    topics = {topic_name(stage, prefix, ALPHA): row[1] for prefix, row in TOPICS.items()}
    with tab(server, stage.world.crew.someone(person)) as one:
        answers = subscribed(one, list(topics))
    for topic, answer in answers.items():
        assert answer["op"] == ("ack" if topics[topic].status(person) == 0 else "error"), topic
        own = {ALPHA} if person in {"owner", "member", "viewer"} else set(ORDER)
        assert not [key for key in ORDER if key not in own and key in str(answer)], topic


def test_nobody_hears_anything_without_signing_in(stage: Stage, server: Server) -> None:
    """The socket ends before a topic can be asked for. A token is no session either."""
    bearer = {"Authorization": f"Bearer {stage.world.crew.tokens['platform_token']}"}
    for headers in ({}, bearer):
        with tab(server, None, additional_headers=headers) as nobody:
            assert nobody.get() == {"op": "bye", "code": "signed-out", "retry_after": None}
            assert nobody.close_code() == 4401


def test_nobody_comes_in_from_another_origin(stage: Stage, server: Server) -> None:
    with (
        pytest.raises(InvalidStatus),
        tab(server, stage.world.crew.someone("owner"), origin="http://evil.example"),
    ):
        pass
