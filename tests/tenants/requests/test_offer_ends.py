"""An offer with an end of its own: it is not accepted, and plans nothing, past that end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.errors import Conflict, Invalid
from portal.scope import scope
from scheduling.models import Allocation
from tenants.models import CapacityRequest
from tenants.services.requests import (
    request_counter,
    request_counter_accept,
    request_counter_decline,
)
from tests.tenants.requests.harbour import Harbour

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def offered(harbour: Harbour, until_at: datetime, **changes: Any) -> CapacityRequest:
    """A request of which one replica until then is offered."""
    found = harbour.submitted(**changes)
    with scope(harbour.people.operator.viewer) as viewer:
        request_counter(
            request_id=found.pk,
            ask={"replicas": 1},
            until_at=until_at,
            reason="One until then",
            viewer=viewer,
            now=harbour.now,
        )
    return harbour.fresh(found)


def test_offer_is_not_accepted_past_its_own_end_and_can_still_be_declined(
    harbour: Harbour,
) -> None:
    found = offered(harbour, harbour.now + 2 * DAY)
    with scope(harbour.people.alice.viewer) as viewer:
        with pytest.raises(Conflict) as refused:
            request_counter_accept(request_id=found.pk, viewer=viewer, now=harbour.now + 3 * DAY)
        assert refused.value.code == "offer-over"
        assert not Allocation.objects.exists()
        request_counter_decline(request_id=found.pk, viewer=viewer, now=harbour.now + 3 * DAY)
    back = harbour.fresh(found)
    assert (back.state, back.deadline_at) == ("in_review", harbour.now + 7 * DAY)


def test_what_an_accepted_offer_plans_is_not_placed_past_its_end(harbour: Harbour) -> None:
    end = harbour.now + 2 * DAY
    found = offered(harbour, end)
    with scope(harbour.people.alice.viewer) as viewer:
        request_counter_accept(request_id=found.pk, viewer=viewer, now=harbour.now + DAY)
        planned = Allocation.objects.get()
    assert (planned.until_at, planned.deadline_at) == (end, end)


def test_offer_has_to_end_after_the_start_and_within_the_horizon(harbour: Harbour) -> None:
    start = harbour.now + 3 * DAY
    for wrong in (start - DAY, start, datetime(9000, 1, 1, tzinfo=timezone.get_default_timezone())):
        with pytest.raises(Invalid) as refused:
            offered(harbour, wrong, start_at=start, ask_name=f"to-{wrong:%Y%m%d%H}")
        assert list(refused.value.fields) == ["until_at"]
