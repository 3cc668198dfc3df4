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
