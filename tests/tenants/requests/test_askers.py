"""Whose request it is: who made, edited or submitted it, and so can't decide it."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from portal.errors import Denied
from portal.models import Notice
from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import CapacityRequest
from tenants.selectors.requests import request_get, request_verbs
from tenants.services.requests import (
    request_approve,
    request_claim,
    request_draft_save,
    request_submit,
)
from tests.tenants.requests.harbour import Harbour, allocation_input

pytestmark = pytest.mark.django_db


@pytest.fixture
def edited(harbour: Harbour) -> CapacityRequest:
    """Alice's request, whose draft the operator has changed, submitted by her."""
    draft = harbour.draft()
    with scope(harbour.people.operator.viewer) as viewer:
        request_draft_save(
            tenant_key="vision",
            data=allocation_input(ask_replicas=3),
            viewer=viewer,
            now=harbour.now,
            request_id=draft.pk,
        )
    with scope(harbour.people.alice.viewer) as viewer:
        return request_submit(request_id=draft.pk, viewer=viewer, now=harbour.now)


@pytest.mark.parametrize("decide", [request_approve, request_claim])
def test_who_edited_a_draft_does_not_decide_it(
    harbour: Harbour, edited: CapacityRequest, decide: object
) -> None:
    assert callable(decide)
    with (
        pytest.raises(Denied, match="own request") as caught,
        scope(harbour.people.operator.viewer) as viewer,
    ):
        decide(request_id=edited.pk, viewer=viewer, now=harbour.now)
    assert caught.value.code == "own-request"
    assert harbour.fresh(edited).state == "submitted"


def test_who_edited_a_draft_is_offered_no_decision_and_asked_for_none(
    harbour: Harbour, edited: CapacityRequest
) -> None:
    operator = harbour.people.operator
    with scope(operator.viewer) as viewer:
        found = request_get(request_id=edited.pk, viewer=viewer)
        assert set(request_verbs(found, viewer=viewer)) == {"withdraw"}
        assert found.asker_ids == {operator.user.pk, harbour.people.alice.user.pk}
    page = operator.client().get(f"/ops/queue/{edited.pk}/").content.decode()
    assert "Your own request." in page
    assert 'data-open="approve"' not in page
    with scope(Viewer.system("tests")):
        assert not Notice.objects.filter(kind="request.submitted").exists()


def test_who_edited_before_editors_were_kept_is_found_in_the_history(
    harbour: Harbour, edited: CapacityRequest
) -> None:
    migration = import_module("tenants.migrations.0005_request_editors")
    with scope(Viewer.system("tests")), connection.cursor() as cursor:
        CapacityRequest.objects.update(edited_by_ids=[])
        cursor.execute(migration.EDITORS)
    assert harbour.fresh(edited).edited_by_ids == [harbour.people.operator.user.pk]


def test_another_operator_decides_it(harbour: Harbour, edited: CapacityRequest) -> None:
    with scope(Viewer.system("second")) as viewer:
        request_approve(request_id=edited.pk, viewer=viewer, now=harbour.now)
    assert harbour.fresh(edited).state == "approved"
