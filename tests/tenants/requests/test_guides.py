"""The first task of a demonstration follows what people do, and ends by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from portal.scope import scope
from portal.ui.guides import Guide
from portal.viewer import Viewer
from scheduling.models import Allocation
from tenants.guides import operator_guide, tenant_guide
from tenants.models import CapacityRequest
from tenants.request_shown import headline
from tenants.selectors.requests import request_terms
from tenants.services.requests import request_counter_accept, request_reject
from tests.people import Someone
from tests.tenants.requests.harbour import Harbour

pytestmark = pytest.mark.django_db


def tenant_now(who: Someone) -> Guide | None:
    with scope(who.viewer) as viewer:
        return tenant_guide(viewer, "vision")


def operator_now(harbour: Harbour) -> Guide | None:
    with scope(harbour.people.operator.viewer) as viewer:
        return operator_guide(viewer, None)


def at(guide: Guide | None) -> list[str]:
    assert guide is not None
    assert guide.url
    return [step.state for step in guide.steps]


def test_it_leads_from_the_ask_over_the_decision_to_the_quota_that_came_back(
    harbour: Harbour,
) -> None:
    alice = harbour.people.alice
    assert at(tenant_now(alice)) == ["now", "next", "next", "next"]
    harbour.draft()
    assert at(tenant_now(alice)) == ["now", "next", "next", "next"]  # nobody was asked yet
    made = harbour.in_state("countered")
    assert at(tenant_now(alice)) == ["done", "now", "next", "next"]
    with scope(alice.viewer) as viewer:
        request_counter_accept(request_id=made.pk, viewer=viewer, now=harbour.now)
    assert at(tenant_now(alice)) == ["done", "done", "now", "next"]
    allocation_id, now = harbour.fresh(made).allocation_id, timezone.now()

    def become(state: str, **moments: datetime) -> Guide | None:
        with scope(Viewer.system("tests")):
            Allocation.objects.filter(pk=allocation_id).update(state=state, **moments)
        return tenant_now(alice)

    assert at(become("active", active_at=now)) == ["done", "done", "done", "now"]
    assert become("active", active_at=now - timedelta(hours=2)) is None
    assert at(become("releasing")) == ["done", "done", "done", "now"]
    last = become("released", released_at=now)
    assert at(last) == ["done"] * 4
    assert last is not None
    assert "its quota came back" in last.title
    assert "H100" in last.text
    assert become("released", released_at=now - timedelta(hours=2)) is None


@pytest.mark.parametrize("name", ["depth-large", "evaluate-30164952"])
def test_what_the_demonstration_asked_for_is_nobodys_first_task(
    harbour: Harbour, name: str
) -> None:
    harbour.submitted(ask_name=name)
    assert at(tenant_now(harbour.people.alice)) == ["now", "next", "next", "next"]
    harbour.submitted(ask_name="own-try")
    assert at(tenant_now(harbour.people.alice)) == ["done", "now", "next", "next"]


def test_it_ticks_what_was_really_done(harbour: Harbour) -> None:
    alice = harbour.people.alice
    before = tenant_now(alice)
    assert before is not None
    assert "Ask for 2 GPUs" in before.steps[0].title
    made = harbour.submitted()
    asked = tenant_now(alice)
    assert asked is not None
    size = headline(made.kind, request_terms(made))
    assert [step.title for step in asked.steps[:2]] == [
        f"Ask for {size.number} {size.unit}",
        "An operator approves it",
    ]
    with scope(Viewer.system("tests")):
        CapacityRequest.objects.filter(pk=made.pk).update(decided_rule="R1")
    by_rule = tenant_now(alice)
    assert by_rule is not None
    assert by_rule.steps[1].title == "A rule approves it"


def test_who_may_not_ask_is_not_led(harbour: Harbour) -> None:
    assert tenant_now(harbour.people.bob) is None  # looks on
    assert tenant_now(harbour.people.operator) is None


def test_an_operator_is_led_until_a_request_is_decided(harbour: Harbour) -> None:
    assert operator_now(harbour) is None  # nothing waits
    made = harbour.submitted()
    assert at(operator_now(harbour)) == ["done", "now", "next"]
    with scope(harbour.people.auditor.viewer) as viewer:
        assert operator_guide(viewer, None) is None
    with scope(harbour.people.operator.viewer) as viewer:
        request_reject(request_id=made.pk, reason="Later", viewer=viewer, now=harbour.now)
    assert operator_now(harbour) is None
