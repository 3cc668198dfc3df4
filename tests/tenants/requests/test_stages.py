"""How far an approved request has come, where its allocation does not stay as it was."""

from __future__ import annotations

import pytest

from scheduling.models import Allocation
from scheduling.services.allocations import allocation_release
from tests.tenants.requests.harbour import Harbour
from tests.tenants.requests.test_effects import approve, stage, system

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("fails", "expected"), [(True, "failed"), (False, "fulfilled")])
def test_what_is_given_back_because_it_failed_is_not_fulfilled(
    harbour: Harbour, fails: bool, expected: str
) -> None:
    request = approve(harbour, harbour.submitted())
    with system() as viewer:
        Allocation.objects.filter(pk=request.allocation_id).update(
            state="active", active_at=harbour.now
        )
        allocation = Allocation.objects.get(pk=request.allocation_id)
        allocation_release(allocation=allocation, viewer=viewer, fails=fails)
    assert stage(request, harbour.now) == expected


def test_a_fulfilled_request_says_how_its_allocation_stands(harbour: Harbour) -> None:
    """It stays fulfilled when what it brought was released; its page says that beside the name."""
    request = approve(harbour, harbour.submitted())
    with system():
        Allocation.objects.filter(pk=request.allocation_id).update(
            state="released", active_at=harbour.now, released_at=harbour.now
        )
    client = harbour.people.alice.client()
    page = client.get(f"/t/vision/requests/{request.pk}/").content.decode()
    assert f'>A-{request.allocation_id}</a> <span class="b-dim">Released</span>' in page
    ended = client.get(f"/t/vision/allocations/{request.allocation_id}/").content.decode()
    assert "no metrics yet" not in ended
