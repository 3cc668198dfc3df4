"""Filters and orderings of every list name no stranger, and what a stranger has counts nowhere."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests.surface.calls import ROUTES, send
from tests.surface.lists import READS, filter_faults, is_list, order_faults
from tests.surface.looks import comparable, differing
from tests.surface.stage import Stage
from tests.surface.table import ROWS
from tests.surface.world import ALPHA
from tests.surface.world.more import more_make

# No word of their names says that they are lists.
LISTS = {
    "api-allocation-decisions",
    "api-audit-chains",
    "api-quota-changes",
    "api-quota-ledger",
    "api_search",
    "allocation_all",
    "cluster_nodes",
    "quota_grid",
    "quota_history",
    "quota_own",
    "request_queue",
    "search_quick",
    "tenant_activity",
}


def test_whatever_answers_with_several_rows_is_found_to_be_a_list(stage: Stage) -> None:
    found = {name for name in READS if is_list(stage, name)}
    named = {name for name in READS if name.endswith(("list", "_panel"))}
    assert LISTS | (named - {"tenant_now_panel"}) <= found  # that one counts, it lists nothing
    assert [name for name in found if name.endswith("-detail")] == []


@pytest.mark.parametrize("name", READS)
def test_a_filter_by_a_strangers_id_is_one_by_nothing(stage: Stage, name: str) -> None:
    found = filter_faults(stage, name)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", READS)
def test_no_order_tells_of_strangers(stage: Stage, name: str) -> None:
    theirs = ROWS[name].granted("GET").status("owner") == 0
    found = order_faults(stage, name, "owner" if theirs else "operator")
    assert not found, "\n".join(found)


def test_what_a_stranger_gains_changes_nothing_for_others(stage: Stage) -> None:
    """Counts, totals and pages are the same bytes when the stranger has more of everything."""
    before = {name: _own(stage, name) for name in READS}
    with transaction.atomic():
        more_make(stage.world)
        changed = {
            name: differing(before[name], _own(stage, name))
            for name in READS
            if before[name] != _own(stage, name)
        }
        seen_by_operators = [_everything(stage, name) for name in COUNTED]
        transaction.set_rollback(True)
    assert changed == {}
    again = [_everything(stage, name) for name in COUNTED]
    same = [
        name
        for name, one, other in zip(COUNTED, again, seen_by_operators, strict=True)
        if one == other
    ]
    assert same == [], "the stranger gained nothing here, so this shows nothing"


COUNTED = ("api-allocation-list", "api-request-list", "api-job-list", "api-audit-list")


def _own(stage: Stage, name: str) -> tuple[int, str, str]:
    ids = stage.world.ids[ALPHA]
    answer = send(stage, (ROUTES[name], ROWS[name], "GET", "owner", {}), ids, places=ids)
    return comparable(answer, ids, set())


def _everything(stage: Stage, name: str) -> tuple[int, str, str]:
    """The list as operators get it, of all tenants."""
    answer = stage.ask("operator", "GET", ROUTES[name].path({}))
    return comparable(answer, stage.world.ids[ALPHA], set())
