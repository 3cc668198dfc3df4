"""The first task of a demonstration follows what people do, and ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.scope import scope
from portal.ui.guides import Guide
from portal.viewer import Viewer
from scheduling.models import Allocation
from tenants.guides import operator_guide, tenant_guide
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


def test_it_leads_from_the_ask_over_the_decision_to_what_comes_up(harbour: Harbour) -> None:
    alice = harbour.people.alice
    assert at(tenant_now(alice)) == ["now", "next", "next"]
    harbour.draft()
    assert at(tenant_now(alice)) == ["now", "next", "next"]  # nobody was asked yet
    made = harbour.in_state("countered")
    assert at(tenant_now(alice)) == ["done", "now", "next"]
    with scope(alice.viewer) as viewer:
        request_counter_accept(request_id=made.pk, viewer=viewer, now=harbour.now)
    assert at(tenant_now(alice)) == ["done", "done", "now"]
    with scope(Viewer.system("tests")):
        rows = Allocation.objects.filter(pk=harbour.fresh(made).allocation_id)
        rows.update(state="active", active_at=timezone.now())
    assert at(tenant_now(alice)) == ["done", "done", "done"]
    with scope(Viewer.system("tests")):
        rows.update(active_at=timezone.now() - timedelta(hours=2))
    assert tenant_now(alice) is None


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
