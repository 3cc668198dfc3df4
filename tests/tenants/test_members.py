"""Members and their roles."""

from __future__ import annotations

import pytest

from portal.errors import Conflict, Denied, Invalid, NotFound, Refused
from portal.models import AuditEntry, Notice, OutboxEvent
from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import Membership
from tenants.services.members import member_add, member_remove, member_role_change
from tenants.services.platform import user_switch
from tests.people import People


def _roles(tenant_key: str) -> dict[str, str]:
    with scope(Viewer.system("tests")):
        members = Membership.objects.filter(tenant_id=tenant_key)
        return dict(members.values_list("user__username", "role"))


def _revocations(user_id: int) -> int:
    return OutboxEvent.objects.filter(topic=f"user.{user_id}.revoked").count()


def test_owner_adds_a_member_by_name_or_address(people: People) -> None:
    with scope(people.alice.viewer) as viewer:
        member_add(tenant_key="vision", user_name="charlie", role="member", viewer=viewer)
    assert _roles("vision") == {"alice": "owner", "bob": "viewer", "charlie": "member"}
    assert people.charlie.viewer.can("request.create", "vision")
    with scope(people.charlie.viewer) as viewer:
        member_add(tenant_key="speech", user_name="Bob@Example.com", role="viewer", viewer=viewer)
    assert _roles("speech")["bob"] == "viewer"


def test_change_is_recorded_and_told(people: People) -> None:
    before = _revocations(people.bob.user.pk)
    with scope(people.alice.viewer) as viewer:
        member_role_change(
            tenant_key="vision", user_id=people.bob.user.pk, role="member", viewer=viewer
        )
        entry = AuditEntry.objects.get(verb="member.edit")
        assert entry.before == {"user": "bob", "role": "viewer"}
        assert entry.after == {"user": "bob", "role": "member"}
    assert _revocations(people.bob.user.pk) >= max(before, 1)


def test_second_membership_is_a_conflict(people: People) -> None:
    with scope(people.alice.viewer) as viewer, pytest.raises(Conflict):
        member_add(tenant_key="vision", user_name="bob", role="member", viewer=viewer)
    assert _roles("vision")["bob"] == "viewer"


@pytest.mark.parametrize(
    ("name", "role", "field"),
    [("nobody", "member", "user"), ("", "member", "user"), ("charlie", "king", "role")],
)
def test_bad_input_names_its_field(people: People, name: str, role: str, field: str) -> None:
    with scope(people.alice.viewer) as viewer, pytest.raises(Invalid) as caught:
        member_add(tenant_key="vision", user_name=name, role=role, viewer=viewer)
    assert list(caught.value.fields) == [field]


def test_last_owner_stays(people: People) -> None:
    alice_id = people.alice.user.pk
    with scope(people.alice.viewer) as viewer:
        with pytest.raises(Refused) as caught:
            member_remove(tenant_key="vision", user_id=alice_id, viewer=viewer)
        with pytest.raises(Refused):
            member_role_change(tenant_key="vision", user_id=alice_id, role="member", viewer=viewer)
    refusal = caught.value.refusal
    assert (refusal.rule, refusal.now, refusal.short_by) == ("tenant.last-owner", 1, 1)
    assert _roles("vision")["alice"] == "owner"


def test_an_owner_who_can_t_sign_in_is_no_owner_that_remains(people: People) -> None:
    bob, alice = people.bob.user, people.alice.user
    with scope(Viewer.system("tests")) as system:
        member_role_change(tenant_key="vision", user_id=bob.pk, role="owner", viewer=system)
        user_switch(user_id=bob.pk, active=False, viewer=system)
    with scope(people.alice.viewer) as viewer:
        with pytest.raises(Refused) as caught:
            member_remove(tenant_key="vision", user_id=alice.pk, viewer=viewer)
        member_remove(tenant_key="vision", user_id=bob.pk, viewer=viewer)
    assert (caught.value.refusal.now, caught.value.refusal.asked) == (1, 0)
    assert _roles("vision") == {"alice": "owner"}


def test_owner_leaves_when_another_remains(people: People) -> None:
    with scope(people.alice.viewer) as viewer:
        member_role_change(
            tenant_key="vision", user_id=people.bob.user.pk, role="owner", viewer=viewer
        )
        member_remove(tenant_key="vision", user_id=people.alice.user.pk, viewer=viewer)
    assert _roles("vision") == {"bob": "owner"}
    assert not people.alice.viewer.sees("vision")


def test_anybody_may_leave_but_not_remove_others(people: People) -> None:
    with scope(people.bob.viewer) as viewer:
        with pytest.raises(Denied):
            member_remove(tenant_key="vision", user_id=people.alice.user.pk, viewer=viewer)
        member_remove(tenant_key="vision", user_id=people.bob.user.pk, viewer=viewer)
    assert _roles("vision") == {"alice": "owner"}


def test_stranger_and_auditor_add_nobody(people: People) -> None:
    with scope(people.charlie.viewer) as viewer, pytest.raises(NotFound):
        member_add(tenant_key="vision", user_name="charlie", role="owner", viewer=viewer)
    with scope(people.auditor.viewer) as viewer, pytest.raises(Denied):
        member_add(tenant_key="vision", user_name="auditor", role="owner", viewer=viewer)
    assert _roles("vision") == {"alice": "owner", "bob": "viewer"}


def test_foreign_member_is_not_found(people: People) -> None:
    with scope(people.alice.viewer) as viewer, pytest.raises(NotFound):
        member_remove(tenant_key="vision", user_id=people.charlie.user.pk, viewer=viewer)


def test_person_is_told_but_not_of_the_own_act(people: People) -> None:
    with scope(people.alice.viewer) as viewer:
        member_add(tenant_key="vision", user_name="charlie", role="member", viewer=viewer)
        member_remove(tenant_key="vision", user_id=people.charlie.user.pk, viewer=viewer)
    with scope(people.bob.viewer) as viewer:
        member_remove(tenant_key="vision", user_id=people.bob.user.pk, viewer=viewer)
    with scope(Viewer.system("tests")):
        told = Notice.objects.filter(user_id=people.charlie.user.pk).values_list("kind", flat=True)
        assert list(told) == ["member.removed", "member.added", "member.added"]
        assert not Notice.objects.filter(user_id=people.bob.user.pk, kind="member.removed").exists()
