"""The tree of tenants: every change is allowed, recorded, told and mirrored for quota."""

from __future__ import annotations

import pytest
from django.utils import timezone

from inventory.models import Pool
from portal.errors import Conflict, Denied, Invalid, NotFound, PreconditionFailed, Refused
from portal.models import AuditEntry, OutboxEvent
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation, Quota, QuotaNode
from tenants.models import ApiToken, Tenant
from tenants.services.archive import tenant_archive, tenant_restore
from tenants.services.tree import MAX_DEPTH, tenant_create, tenant_move, tenant_update
from tests.people import People, Someone
from tests.tenants.test_authentication import token_make


def _create(someone: Someone, key: str, parent_key: str | None = None, **more: object) -> Tenant:
    values = {"title": key.title(), "kind": "project", **more}
    with scope(someone.viewer) as viewer:
        return tenant_create(key=key, parent_key=parent_key, viewer=viewer, **values)  # type: ignore[arg-type]


def _paths() -> list[str]:
    with scope(Viewer.system("tests")):
        return list(Tenant.objects.values_list("path", flat=True))


def test_operator_creates_a_root(people: People) -> None:
    made = _create(people.operator, "cascade", kind="organisation")
    assert (made.path, made.depth, made.generation) == ("/cascade/", 0, 1)


def test_owner_creates_below_the_own_tenant(people: People) -> None:
    made = _create(people.alice, "detect", "vision")
    assert made.path == "/aurora/vision/detect/"
    assert people.alice.viewer.can("tenant.edit", "detect")
    assert not people.charlie.viewer.sees("detect")


def test_creation_mirrors_the_tree_for_quota(people: People) -> None:
    _create(people.alice, "detect", "vision")
    with scope(Viewer.system("tests")):
        node = QuotaNode.objects.get(tenant_key="detect")
        assert node.parent is not None
        assert (node.parent.tenant_key, node.depth) == ("vision", 2)


def test_creation_is_recorded_and_told(people: People) -> None:
    _create(people.alice, "detect", "vision")
    with scope(Viewer.system("tests")):
        entry = AuditEntry.objects.get(verb="tenant.create", target_id="detect")
        assert entry.actor_user_id == people.alice.user.pk
        assert entry.tenant_key == "detect"
        assert OutboxEvent.objects.filter(topic="tenant:detect").exists()


@pytest.mark.parametrize("name", ["alice", "bob", "auditor"])
def test_only_operators_create_roots(people: People, name: str) -> None:
    with pytest.raises(Denied):
        _create(getattr(people, name), "cascade")


def test_foreign_parent_does_not_exist(people: People) -> None:
    with pytest.raises(NotFound):
        _create(people.alice, "detect", "speech")
    with pytest.raises(NotFound):
        _create(people.alice, "detect", "aurora")


def test_taken_key_is_a_conflict_that_shows_nothing(people: People) -> None:
    with pytest.raises(Conflict) as caught:
        _create(people.alice, "speech", "vision")
    assert caught.value.code == "tenant-key-taken"
    assert not people.alice.viewer.sees("speech")
    assert "/borealis/speech/" in _paths()


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("key", {"key": "Vision"}),
        ("key", {"key": "-x"}),
        ("key", {"key": "a" * 41}),
        ("key", {"key": "a/b"}),
        ("key", {"key": "a\n"}),
        ("title", {"title": "  "}),
        ("title", {"title": "a" * 121}),
        ("title", {"title": "a\x00b"}),
        ("kind", {"kind": "team"}),
        ("auto_approve_limits", {"auto_approve_limits": {"p": 3}}),
        ("auto_approve_limits", {"auto_approve_limits": {"p": {"cpu": -1}}}),
        ("auto_approve_limits", {"auto_approve_limits": {"p": {"cpu": 10**30}}}),
        ("auto_approve_limits", {"auto_approve_limits": {"p": {"cpu": True}}}),
    ],
)
def test_bad_input_names_its_field(people: People, field: str, values: dict[str, object]) -> None:
    before = _paths()
    with pytest.raises(Invalid) as caught:
        _create(people.operator, **{"key": "fine", **values})  # type: ignore[arg-type]
    assert next(iter(caught.value.fields)).startswith(field)
    assert _paths() == before


def test_tree_has_a_greatest_depth(people: People) -> None:
    parent_key = "vision"
    for number in range(MAX_DEPTH - 1):
        parent_key = _create(people.operator, f"d{number}", parent_key).key
    with pytest.raises(Refused) as caught:
        _create(people.operator, "beyond", parent_key)
    assert caught.value.refusal.rule == "tenant.too-deep"
    assert caught.value.refusal.short_by == 1


def test_update_counts_generations(people: People) -> None:
    with scope(people.alice.viewer) as viewer:
        changed = tenant_update(key="vision", title="Vision!", viewer=viewer, generation=1)
        assert changed.generation == 2
        with pytest.raises(PreconditionFailed):
            tenant_update(key="vision", title="Other", viewer=viewer, generation=1)
        assert Tenant.objects.get(key="vision").title == "Vision!"


def test_owner_does_not_set_the_own_limits(people: People) -> None:
    limits = {"gpu": {"cpu": 4000}}
    with scope(people.alice.viewer) as viewer, pytest.raises(Denied):
        tenant_update(key="vision", auto_approve_limits=limits, viewer=viewer)
    with scope(people.operator.viewer) as viewer:
        tenant_update(key="vision", auto_approve_limits=limits, viewer=viewer)
        assert Tenant.objects.get(key="vision").auto_approve_limits == limits


def test_viewer_and_stranger_change_nothing(people: People) -> None:
    with scope(people.bob.viewer) as viewer, pytest.raises(Denied):
        tenant_update(key="vision", title="Bob", viewer=viewer)
    with scope(people.charlie.viewer) as viewer, pytest.raises(NotFound):
        tenant_update(key="vision", title="Charlie", viewer=viewer)


def test_move_takes_everything_below_along(people: People) -> None:
    _create(people.alice, "detect", "vision")
    with scope(people.operator.viewer) as viewer:
        tenant_move(key="vision", parent_key="borealis", viewer=viewer)
    assert _paths() == [
        "/aurora/",
        "/borealis/",
        "/borealis/speech/",
        "/borealis/vision/",
        "/borealis/vision/detect/",
    ]
    with scope(Viewer.system("tests")):
        assert Tenant.objects.get(key="detect").depth == 2
        assert QuotaNode.objects.get(tenant_key="vision").parent == QuotaNode.objects.get(
            tenant_key="borealis"
        )


def test_move_to_the_top_makes_a_root(people: People) -> None:
    with scope(people.operator.viewer) as viewer:
        moved = tenant_move(key="vision", parent_key=None, viewer=viewer)
    assert (moved.path, moved.depth, moved.parent) == ("/vision/", 0, None)


def test_move_below_itself_is_refused(people: People) -> None:
    _create(people.alice, "detect", "vision")
    with scope(people.operator.viewer) as viewer, pytest.raises(Refused) as caught:
        tenant_move(key="vision", parent_key="detect", viewer=viewer)
    assert caught.value.refusal.rule == "tenant.move-into-itself"


def test_move_with_quota_is_refused_and_changes_nothing(people: People) -> None:
    before = _paths()
    with scope(people.operator.viewer) as viewer:
        Quota.objects.create(
            node=QuotaNode.objects.get(tenant_key="vision"),
            tenant_key="vision",
            pool=Pool.objects.create(name="gpu", title="GPU", ordering=1),
            resource="cpu",
            guaranteed=1000,
        )
        with pytest.raises(Conflict, match="quota"):
            tenant_move(key="vision", parent_key="borealis", viewer=viewer)
    assert _paths() == before


def test_move_makes_people_from_above_ask_for_their_rights_again(people: People) -> None:
    with scope(Viewer.system("tests")) as viewer:
        Tenant.objects.get(key="aurora").memberships.create(user=people.bob.user, role="owner")
        OutboxEvent.objects.all().update(published_at=timezone.now())
        tenant_move(key="vision", parent_key="borealis", viewer=viewer)
        topics = OutboxEvent.objects.filter(published_at=None).values_list("topic", flat=True)
        assert f"user.{people.bob.user.pk}.revoked" in set(topics)


def test_owner_may_not_move(people: People) -> None:
    with scope(people.alice.viewer) as viewer, pytest.raises(Denied):
        tenant_move(key="vision", parent_key=None, viewer=viewer)


def test_archived_tenant_is_only_read(people: People) -> None:
    token, _text = token_make(people.alice)
    with scope(people.operator.viewer) as viewer:
        tenant_archive(key="vision", viewer=viewer, now=timezone.now(), reason="done")
        assert ApiToken.objects.get(pk=token.pk).revoked_at is not None
        with pytest.raises(Conflict):
            tenant_update(key="vision", title="x", viewer=viewer)
        with pytest.raises(Conflict):
            tenant_create(key="y", title="y", kind="project", parent_key="vision", viewer=viewer)
    assert people.alice.viewer.can("quota.view", "vision")
    assert not people.alice.viewer.can("tenant.edit", "vision")


def test_restored_tenant_is_as_before(people: People) -> None:
    with scope(people.operator.viewer) as viewer:
        tenant_archive(key="vision", viewer=viewer, now=timezone.now())
        tenant_restore(key="vision", viewer=viewer)
    assert people.alice.viewer.can("tenant.edit", "vision")


def test_tenant_with_tenants_below_is_not_archived(people: People) -> None:
    with scope(people.operator.viewer) as viewer, pytest.raises(Refused) as caught:
        tenant_archive(key="aurora", viewer=viewer, now=timezone.now())
    assert caught.value.refusal.rule == "tenant.has-children"
    assert caught.value.refusal.now == 1


def test_tenant_with_allocations_is_not_archived(people: People) -> None:
    with scope(people.operator.viewer) as viewer:
        Allocation.objects.create(
            tenant_key="vision",
            kind="open",
            name="room",
            pool=Pool.objects.create(name="gpu", title="GPU", ordering=1),
            shape={"cpu": 1000},
            charged={"cpu": 1000},
            created_by="alice",
        )
        with pytest.raises(Refused) as caught:
            tenant_archive(key="vision", viewer=viewer, now=timezone.now())
    assert caught.value.refusal.rule == "tenant.has-allocations"
