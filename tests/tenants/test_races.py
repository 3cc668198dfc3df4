"""Two people at the same time, on two connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from portal.errors import BerthError
from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import ApiToken, Membership, Tenant
from tenants.paths import path_join
from tenants.services.members import member_remove, member_role_change
from tenants.services.tokens import token_create, token_rotate
from tenants.services.tree import tenant_create, tenant_move
from tests.people import People
from tests.portal.together import overlapped

pytestmark = pytest.mark.django_db(transaction=True)


def _together(*acts: Callable[[], object]) -> list[str]:
    """Run all at once; return what each came to: "done" or the code of its error."""
    gate = threading.Barrier(len(acts))
    results = [""] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
            results[place] = "done"
        except BerthError as error:
            results[place] = error.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _leave(viewer: Viewer) -> None:
    with scope(viewer):
        member_remove(tenant_key="vision", user_id=viewer.user_id or 0, viewer=viewer)


@pytest.mark.parametrize("round_number", range(5))
def test_two_owners_never_both_leave(people_committed: People, round_number: int) -> None:
    people = people_committed
    with scope(people.alice.viewer) as viewer:
        member_role_change(
            tenant_key="vision", user_id=people.bob.user.pk, role="owner", viewer=viewer
        )
    alice, bob = people.alice.viewer, people.bob.viewer
    results = _together(lambda: _leave(alice), lambda: _leave(bob))
    assert sorted(results) == ["done", "tenant.last-owner"]
    with scope(Viewer.system("tests")):
        owners = Membership.objects.filter(tenant_id="vision", role="owner")
        assert owners.count() == 1


def _move(viewer: Viewer, key: str, parent_key: str) -> None:
    with scope(viewer):
        tenant_move(key=key, parent_key=parent_key, viewer=viewer)


@pytest.mark.parametrize("round_number", range(5))
def test_crossing_moves_make_no_ring(people_committed: People, round_number: int) -> None:
    operator = people_committed.operator.viewer
    results = _together(
        lambda: _move(operator, "aurora", "borealis"),
        lambda: _move(operator, "borealis", "aurora"),
    )
    assert sorted(results) == ["done", "tenant.move-into-itself"]
    _tree_is_sound()


def _create(viewer: Viewer, key: str, parent_key: str) -> None:
    with scope(viewer):
        tenant_create(key=key, title=key, kind="project", parent_key=parent_key, viewer=viewer)


def test_creating_below_a_moving_tenant_keeps_the_tree_sound(people_committed: People) -> None:
    people = people_committed
    operator, alice = people.operator.viewer, people.alice.viewer
    results = _together(
        lambda: _move(operator, "vision", "borealis"),
        *(lambda key=f"c{number}": _create(alice, key, "vision") for number in range(4)),
    )
    assert results == ["done"] * 5
    _tree_is_sound()


def test_one_key_is_given_once(people_committed: People) -> None:
    alice, charlie = people_committed.alice.viewer, people_committed.charlie.viewer
    results = _together(
        lambda: _create(alice, "same", "vision"), lambda: _create(charlie, "same", "speech")
    )
    assert sorted(results) == ["done", "tenant-key-taken"]


def test_a_token_that_is_replaced_twice_at_once_leaves_one(people_committed: People) -> None:
    alice, now = people_committed.alice.viewer, timezone.now()
    with scope(alice):
        old, _text = token_create(
            name="ci",
            tenant_key="vision",
            scopes=["read"],
            expires_at=now + timedelta(days=1),
            viewer=alice,
            now=now,
        )
    act = alice, lambda: token_rotate(token_id=old.pk, viewer=alice, now=now)
    assert overlapped(act, act) == ["done", "token-revoked"]
    with scope(alice):
        assert ApiToken.objects.filter(revoked_at=None).count() == 1


def _tree_is_sound() -> None:
    with scope(Viewer.system("tests")):
        for tenant in Tenant.objects.select_related("parent"):
            parent = tenant.parent
            assert tenant.path == path_join(parent.path if parent else None, tenant.key)
            assert tenant.depth == (parent.depth + 1 if parent else 0)
