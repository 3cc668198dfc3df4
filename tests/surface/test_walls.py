"""Each of the two walls holds alone; without both, these tests find what is seen then."""

from __future__ import annotations

from collections.abc import Callable

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
from tests.surface.walls import silent_addresses, silent_fields, silent_topics, wall_faults
from tests.surface.world import ALPHA, BRAVO, text_of

CHUNKS = [NAMES[number::16] for number in range(16)]
PEOPLE = ("viewer", "member", "owner", "other")
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'public' AND c.relkind = 'r' AND NOT c.relrowsecurity
  AND a.attname IN ('tenant_key', 'tenant_id') AND NOT a.attisdropped
"""
BELOW = "it is looked up below the tenant that the address names"
ONE = "it belongs to one person, whom no wall is about"
# Where an id can stand, and there the places in which a stranger's shows nothing even without
# walls and rights, with the reason.
SILENT: dict[str, dict[str, str]] = {
    "page": {
        "GET request_new": "what it begins with is looked up below the tenant of the address",
        "POST allocation_release_many": "the rows that are sent lie below one's own tenant",
        "POST notice_open": ONE,
        "POST request_draft": "the draft that is sent lies below one's own tenant",
        "POST request_new": "the draft that is sent lies below one's own tenant",
        "POST saved_view_delete": ONE,
        "POST saved_view_rename": ONE,
        "POST token_revoke_many": "the rows that are sent lie below one's own tenant",
    },
    "rest": {
        "DELETE api_saved_view-detail": ONE,
        "PATCH api_saved_view-detail": ONE,
        "POST api_notice-read": ONE,
    },
    "query": {
        "allocation allocation_list": BELOW,
        "rejected_request request_new": BELOW,
        "request request_list": BELOW,
        "username api-audit-list": "this stranger has done nothing yet",
        "username search_quick": "people are not searched for",
    },
    "body": {
        "draft_request request_draft": BELOW,
        "draft_request request_edit": BELOW,
        "draft_request request_new": BELOW,
        "draft_request request_preview": BELOW,
        "notice notice_read_all": "a number up to which one's own are marked; it names none",
        "tenant api-simulate": "the function of the database answers for the open scope alone",
        "tenant tenant_below": "the address names the parent, whatever is sent",
    },
    "bulk": {
        "allocation allocation_release_many": BELOW,
        "token token_revoke_many": BELOW,
    },
    "topic": {"user": ONE},
}
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
def test_without_both_walls_the_shell_gives_strangers_away(stage: Stage, person: str) -> None:
    """Its list of tenants on every page; what else there is, rights alone keep shut."""
    word = text_of(ALPHA if person == "other" else BRAVO)
    assert word in "\n".join(own_faults(stage, "settings", [person]))


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("stage", ["bare"], indirect=True)
def test_without_walls_and_rights_a_page_gives_strangers_away(stage: Stage, person: str) -> None:
    """Whose lists, by which id in a query, by which filter, in which order: all are found."""
    word = text_of(ALPHA if person == "other" else BRAVO)
    itself, *ordered = order_faults(stage, "job_list", person)
    assert itself.startswith(f"job_list as {person}")
    for found in (
        [itself],
        ordered,
        sent_faults(stage, "job_list", [person]),
        filter_faults(stage, "job_list", person),
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


@pytest.mark.parametrize("place", SILENT)
@pytest.mark.parametrize("stage", ["bare"], indirect=True)
def test_without_walls_and_rights_every_place_gives_strangers_away(
    stage: Stage, place: str
) -> None:
    """But for those named above, where something else holds."""
    looks: dict[str, Callable[[], set[str]]] = {
        "page": lambda: silent_addresses(stage, "owner", api=False),
        "rest": lambda: silent_addresses(stage, "owner", api=True),
        "topic": lambda: silent_topics(stage, "owner"),
    }
    look = looks.get(place, lambda: silent_fields(stage, "owner", place))
    assert look() == set(SILENT[place])


@pytest.mark.parametrize("stage", ["bare"], indirect=True)
def test_a_nested_address_needs_no_wall(stage: Stage) -> None:
    """What stands below a tenant is looked up below that tenant, whoever may see it elsewhere."""
    assert [fault for name in NAMES for fault in nested_faults(stage, name)] == []


@pytest.mark.django_db
def test_every_table_of_tenants_has_the_second_wall() -> None:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        assert [name for (name,) in cursor.fetchall()] == []
