"""Each of the two walls holds alone; without both, these tests find what is seen then."""

from __future__ import annotations

import pytest
from django.db import connection

from inventory.models import Pod
from portal.viewer import Viewer
from tests.surface.calls import NAMES
from tests.surface.kit import TOKENS
from tests.surface.lists import filter_faults, order_faults
from tests.surface.matrix import (
    STRANGERS,
    nested_faults,
    own_faults,
    sent_faults,
    strange_faults,
)
from tests.surface.stage import Stage
from tests.surface.topics import topic_leaks
from tests.surface.walls import wall_faults
from tests.surface.world import ALPHA, BRAVO, text_of

CHUNKS = [NAMES[number::16] for number in range(16)]
PEOPLE = ("viewer", "member", "owner", "other")
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'public' AND c.relkind = 'r' AND NOT c.relrowsecurity
  AND a.attname IN ('tenant_key', 'tenant_id') AND NOT a.attisdropped
"""
# A few persons for each address in every run, everybody with --long.
BREADTHS = pytest.mark.parametrize(
    "whole", [False, pytest.param(True, marks=[pytest.mark.long, pytest.mark.timeout(600)])]
)


@BREADTHS
@pytest.mark.parametrize("chunk", range(len(CHUNKS)))
@pytest.mark.parametrize("stage", ["rows", "code"], indirect=True)
def test_one_wall_is_enough(stage: Stage, chunk: int, whole: bool) -> None:
    found = wall_faults(stage, CHUNKS[chunk], whole=whole)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("stage", ["rows", "code"], indirect=True)
def test_one_wall_is_enough_for_topics(stage: Stage) -> None:
    assert topic_leaks(stage) == []


@pytest.mark.parametrize("stage", ["rows"], indirect=True)
def test_the_first_wall_was_really_off(stage: Stage) -> None:
    """`visible_to` hides nothing any more; outside a scope the second wall hides everything."""
    rows = Pod.objects.all()
    assert rows.visible_to(Viewer.anonymous()) is rows
    assert not rows.exists()


@pytest.mark.parametrize("stage", ["code"], indirect=True)
def test_the_second_wall_was_really_off(stage: Stage) -> None:
    """Without any scope the rows of both tenants are there."""
    assert len(set(Pod.objects.values_list("tenant_key", flat=True))) > 1


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("stage", ["none"], indirect=True)
def test_without_both_walls_each_place_gives_strangers_away(stage: Stage, person: str) -> None:
    """Whose lists, by which id in a query, by which filter, in which order: all are found."""
    word = text_of(ALPHA if person == "other" else BRAVO)
    for found in (
        own_faults(stage, "job_list", [person]),
        sent_faults(stage, "job_list", [person]),
        filter_faults(stage, "job_list", person),
        order_faults(stage, "job_list", person),
    ):
        assert word in "\n".join(found), found


@pytest.mark.parametrize("person", STRANGERS)
@pytest.mark.parametrize("stage", ["bare"], indirect=True)
def test_without_walls_and_rights_rest_gives_strangers_away_too(stage: Stage, person: str) -> None:
    """Rights alone keep REST shut where both walls are down; without them all is found."""
    word = text_of(ALPHA if person == "other" else BRAVO)
    for found in (
        strange_faults(stage, "api-request-detail", [person]),
        strange_faults(stage, "api-job-detail", [person]),
        sent_faults(stage, "api-job-list", [person]),
        filter_faults(stage, "api-allocation-list", person),
        order_faults(stage, "api-allocation-list", person),
    ):
        assert word in "\n".join(found), found
    assert person in TOKENS or any(person in leak for leak in topic_leaks(stage))


@pytest.mark.parametrize("stage", ["bare"], indirect=True)
def test_a_nested_address_needs_no_wall(stage: Stage) -> None:
    """What stands below a tenant is looked up below that tenant, whoever may see it elsewhere."""
    assert [fault for name in NAMES for fault in nested_faults(stage, name)] == []


@pytest.mark.django_db
def test_every_table_of_tenants_has_the_second_wall() -> None:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        assert [name for (name,) in cursor.fetchall()] == []
