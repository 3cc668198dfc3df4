"""Each of the two walls holds alone; without both, these tests find what is seen then."""

from __future__ import annotations

import pytest
from django.db import connection

from inventory.models import Pod
from portal.viewer import Viewer
from tests.surface.calls import NAMES
from tests.surface.leaks import leaks_of
from tests.surface.stage import Stage
from tests.surface.topics import topic_leaks
from tests.surface.world import BRAVO, text_of

CHUNKS = [NAMES[number::8] for number in range(8)]
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'public' AND c.relkind = 'r' AND NOT c.relrowsecurity
  AND a.attname IN ('tenant_key', 'tenant_id') AND NOT a.attisdropped
"""


@pytest.mark.parametrize("chunk", range(len(CHUNKS)))
@pytest.mark.parametrize("stage", ["rows", "code"], indirect=True)
def test_one_wall_is_enough(stage: Stage, chunk: int) -> None:
    found = leaks_of(stage, CHUNKS[chunk])
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


@pytest.mark.parametrize("stage", ["none"], indirect=True)
def test_without_both_walls_the_strangers_words_are_found(stage: Stage) -> None:
    found = "\n".join(leaks_of(stage))
    assert text_of(BRAVO) in found
    assert "GET allocation_list as owner" in found or "GET job_list as owner" in found


@pytest.mark.django_db
def test_every_table_of_tenants_has_the_second_wall() -> None:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        assert [name for (name,) in cursor.fetchall()] == []
