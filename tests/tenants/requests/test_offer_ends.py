"""An offer with an end of its own: it is not accepted, and plans nothing, past that end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.errors import Conflict, Invalid
from portal.scope import scope
from scheduling.models import Allocation
from tenants.forms_decision import LessForm
from tenants.forms_requests import local
from tenants.models import CapacityRequest
from tenants.selectors.requests import request_terms
from tenants.services.requests import (
    request_counter,
    request_counter_accept,
    request_counter_decline,
    request_expire_due,
    request_withdraw,
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


@pytest.mark.parametrize("moved", [timedelta(0), -DAY])
def test_an_end_that_was_left_as_it_is_is_no_other_one(harbour: Harbour, moved: timedelta) -> None:
    """The field shows minutes; what was asked for has seconds."""
    asked = (harbour.now + 2 * DAY).replace(second=31)
    found = harbour.submitted(until_at=asked)
    terms = request_terms(found)
    shown = LessForm(found=found, terms=terms)
    sent = {bound.name: bound.value() for bound in shown}
    end = local(asked + moved)
    assert end is not None
    sent |= {"until_at": f"{end:%Y-%m-%dT%H:%M}", "replicas": 1, "reason": "One"}
    form = LessForm(sent, found=found, terms=terms)
    assert form.is_valid(), form.errors
    minute = (asked + moved).replace(second=0, microsecond=0)
    assert form.offered_until() == (minute if moved else None)


def withdraw(harbour: Harbour, found: CapacityRequest) -> str:
    """Its owner takes it back; the name of whoever decided."""
    with scope(harbour.people.alice.viewer) as viewer:
        request_withdraw(request_id=found.pk, viewer=viewer, now=harbour.now)
    return "alice"


def expire(harbour: Harbour, found: CapacityRequest) -> str:
    """Nobody answers; nobody decided."""
    assert found.deadline_at is not None
    request_expire_due(found.deadline_at + DAY)
    return ""


@pytest.mark.parametrize("end", [withdraw, expire])
def test_of_an_offer_that_nobody_took_nothing_is_left(
    harbour: Harbour, end: Callable[[Harbour, CapacityRequest], str]
) -> None:
    found = offered(harbour, harbour.now + 2 * DAY)
    assert (found.decided_by_label, found.decision_reason) == ("operator", "One until then")
    who = end(harbour, found)
    ended = harbour.fresh(found)
    assert ended.state in {"withdrawn", "expired"}
    assert (ended.counter, ended.decided_by_label, ended.decision_reason) == (None, who, "")
