"""PostgreSQL itself keeps requests apart, and their history as it was written."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from portal.live.topics import topic_find
from portal.scope import scope
from tenants.models import CapacityRequest, RequestEvent
from tests.tenants.requests.harbour import Harbour

pytestmark = pytest.mark.django_db


def test_requests_and_their_history_exist_in_the_own_tenant_alone(harbour: Harbour) -> None:
    harbour.submitted()
    assert not CapacityRequest.objects.exists()
    assert not RequestEvent.objects.exists()
    with scope(harbour.people.charlie.viewer):
        assert not CapacityRequest.objects.exists()
        assert not RequestEvent.objects.exists()
    with scope(harbour.people.bob.viewer):
        assert CapacityRequest.objects.count() == 1
        assert RequestEvent.objects.count() == 2


def test_request_cannot_be_written_into_or_moved_to_another_tenant(harbour: Harbour) -> None:
    request = harbour.submitted()
    with scope(harbour.people.alice.viewer):
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            CapacityRequest.objects.create(tenant_id="speech", kind="quota", created_by_label="a")
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            CapacityRequest.objects.filter(pk=request.pk).update(tenant_id="speech")
    with scope(harbour.people.charlie.viewer):
        assert CapacityRequest.objects.filter(pk=request.pk).update(state="withdrawn") == 0


def test_history_is_only_added_to(harbour: Harbour) -> None:
    harbour.submitted()
    with scope(harbour.people.alice.viewer):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            RequestEvent.objects.update(verb="approve")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            RequestEvent.objects.all()[0].delete()


@pytest.mark.parametrize(
    ("topic", "hears"),
    [
        ("request:{}", {"operator", "auditor", "alice", "bob"}),
        ("request:999999", set()),
        ("requests", {"operator", "auditor"}),
    ],
)
def test_who_may_hear_of_a_request(harbour: Harbour, topic: str, hears: set[str]) -> None:
    request = harbour.submitted()
    found = topic_find(topic.format(request.pk))
    assert found is not None
    family, ident = found
    allowed = set()
    for name in ("operator", "auditor", "alice", "bob", "charlie"):
        with scope(getattr(harbour.people, name).viewer) as viewer:
            allowed |= {name} if family.may_subscribe(viewer, ident) else set()
    assert allowed == hears
