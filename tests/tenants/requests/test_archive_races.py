"""Who archives a tenant and who makes something under it, at the same moment: one of them waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.scope import scope
from portal.viewer import Viewer
from scheduling.services.nodes import quota_tree_hold
from scheduling.services.quota import QuotaEdit, quota_set
from tenants.models import ApiToken, Tenant
from tenants.services.archive import tenant_archive
from tenants.services.requests import request_approve, request_submit
from tenants.services.rows import tenants_hold
from tenants.services.tokens import token_create, token_rotate
from tenants.services.tree import tenant_move
from tests.portal.together import SLEEP, beside, overlapped
from tests.tenants.requests.harbour import H100, Harbour

pytestmark = pytest.mark.django_db(transaction=True)
Act = tuple[Viewer, Callable[[], Any]]


def archive(harbour: Harbour) -> Act:
    """The operator archives vision."""
    viewer = harbour.people.operator.viewer
    return viewer, lambda: tenant_archive(key="vision", viewer=viewer, now=harbour.now)


def submit(harbour: Harbour) -> Act:
    """Alice submits a request that lies there as a draft."""
    draft, viewer = harbour.draft(), harbour.people.alice.viewer
    return viewer, lambda: request_submit(request_id=draft.pk, viewer=viewer, now=harbour.now)


def approve(harbour: Harbour) -> Act:
    """The operator approves a request of vision's."""
    asked, viewer = harbour.submitted(), harbour.people.operator.viewer
    return viewer, lambda: request_approve(request_id=asked.pk, viewer=viewer, now=harbour.now)


def give(harbour: Harbour, amount: int = 13) -> Act:
    """The operator guarantees vision another number of devices; it has twelve."""
    viewer = harbour.people.operator.viewer
    edits = [QuotaEdit("vision", "h100", H100, amount)]
    return viewer, lambda: quota_set(edits=edits, why="tests", viewer=viewer)


def token_ask(harbour: Harbour) -> dict[str, Any]:
    """Alice asks for a token of vision's."""
    return {
        "name": "ci",
        "tenant_key": "vision",
        "scopes": ["read"],
        "expires_at": harbour.now + timedelta(days=1),
        "viewer": harbour.people.alice.viewer,
        "now": harbour.now,
    }


def rotate(harbour: Harbour) -> Act:
    """Alice replaces her token."""
    viewer = harbour.people.alice.viewer
    with scope(viewer):
        made, _text = token_create(**token_ask(harbour))
    return viewer, lambda: token_rotate(token_id=made.pk, viewer=viewer, now=harbour.now)


def test_a_tenant_with_a_request_that_was_just_submitted_stays(harbour_committed: Harbour) -> None:
    outcomes = overlapped(submit(harbour_committed), archive(harbour_committed))
    assert outcomes == ["done", "tenant.has-requests"]


def test_a_tenant_whose_allocation_was_just_planned_stays(harbour_committed: Harbour) -> None:
    outcomes = overlapped(approve(harbour_committed), archive(harbour_committed))
    assert outcomes == ["done", "tenant.has-allocations"]


@pytest.mark.parametrize("make", [submit, give], ids=["request", "quota"])
def test_nothing_is_made_under_a_tenant_that_was_just_archived(
    harbour_committed: Harbour, make: Callable[[Harbour], Act]
) -> None:
    outcomes = overlapped(archive(harbour_committed), make(harbour_committed))
    assert outcomes == ["done", "tenant-archived"]


def test_what_an_archived_tenant_has_can_be_taken_from_it(harbour_committed: Harbour) -> None:
    outcomes = overlapped(archive(harbour_committed), give(harbour_committed, 2))
    assert outcomes == ["done", "done"]


@pytest.mark.parametrize("archive_leads", [False, True])
def test_no_token_outlives_its_tenant(harbour_committed: Harbour, archive_leads: bool) -> None:
    acts = rotate(harbour_committed), archive(harbour_committed)
    outcomes = overlapped(*(reversed(acts) if archive_leads else acts))
    assert outcomes == ["done", "token-revoked" if archive_leads else "done"]
    with scope(Viewer.system("tests")):
        assert not ApiToken.objects.filter(tenant="vision", revoked_at=None).exists()


def test_who_moves_a_tenant_takes_its_row_before_the_tree_of_quota(
    harbour_committed: Harbour,
) -> None:
    """As who sets quota does: in the other order each would wait for the other."""
    operator = harbour_committed.people.operator.viewer

    def move() -> None:
        with scope(operator):
            tenant_move(key="speech", parent_key="aurora", viewer=operator)

    with scope(operator):
        tenants_hold(["speech"])
        moving = beside(move)
        time.sleep(SLEEP)  # it takes what it can get by now
        quota_tree_hold()
    moving.result(timeout=60)
    with scope(operator):
        assert Tenant.objects.get(key="speech").path == "/aurora/speech/"
