"""Two people at the same moment, with real connections: one wins, the other is told who did."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from portal.errors import BerthError
from portal.models import JobRun
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation
from tenants.models import CapacityRequest, PlatformRole, RequestEvent
from tenants.services.requests import (
    request_approve,
    request_counter_accept,
    request_reject,
    request_withdraw,
)
from tests.people import Someone
from tests.tenants.requests.harbour import Harbour

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def race(
    harbour: Harbour, request: CapacityRequest, *runners: tuple[Someone, Callable[..., Any]]
) -> list[str]:
    """Run services at the same time; "done" or the code of the error, for each in its order."""
    barrier = threading.Barrier(len(runners))
    outcomes = [""] * len(runners)

    def body(index: int, viewer: Viewer, service: Callable[..., Any]) -> None:
        barrier.wait()
        try:
            with scope(viewer):
                service(request_id=request.pk, viewer=viewer, now=harbour.now)
            outcomes[index] = "done"
        except BerthError as error:
            outcomes[index] = error.code
        finally:
            connection.close()

    threads = [
        threading.Thread(target=body, args=(index, someone.viewer, service))
        for index, (someone, service) in enumerate(runners)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


def reject(**arguments: Any) -> None:
    """Reject with a reason."""
    request_reject(reason="Not this month", **arguments)


def counts(request: CapacityRequest) -> tuple[int, int, int]:
    """Allocations, jobs, and deciding events of a request."""
    with scope(Viewer.system("tests")):
        verbs = ("approve", "reject", "accept", "withdraw")
        events = RequestEvent.objects.filter(request=request, verb__in=verbs)
        return Allocation.objects.count(), JobRun.objects.count(), events.count()


def test_two_operators_decide_and_one_of_them_wins(harbour_committed: Harbour) -> None:
    harbour = harbour_committed
    with scope(Viewer.system("tests")):
        PlatformRole.objects.create(user=harbour.people.bob.user, role="operator")
    for number in range(ROUNDS):
        request = harbour.submitted(ask_name=f"race-{number}")
        before = counts(request)
        outcomes = race(
            harbour,
            request,
            (harbour.people.operator, request_approve),
            (harbour.people.bob, reject),
        )
        assert sorted(outcomes) == ["done", "request-state"]
        approved = outcomes[0] == "done"
        assert harbour.fresh(request).state == ("approved" if approved else "rejected")
        assert counts(request) == (before[0] + approved, before[1] + approved, 1)


def test_many_approvals_of_one_request_plan_one_allocation(harbour_committed: Harbour) -> None:
    harbour = harbour_committed
    request = harbour.submitted()
    outcomes = race(harbour, request, *[(harbour.people.operator, request_approve)] * 6)
    assert sorted(outcomes) == ["done"] + ["request-state"] * 5
    assert counts(request) == (1, 1, 1)


def test_tenant_accepts_while_the_operator_takes_the_offer_back(
    harbour_committed: Harbour,
) -> None:
    harbour = harbour_committed
    request = harbour.in_state("countered")
    outcomes = race(
        harbour,
        request,
        (harbour.people.alice, request_counter_accept),
        (harbour.people.operator, reject),
        (harbour.people.alice, request_withdraw),
    )
    assert sorted(outcomes) == ["done", "request-state", "request-state"]
    accepted = harbour.fresh(request).state == "approved"
    assert counts(request) == (int(accepted), int(accepted), 1)
