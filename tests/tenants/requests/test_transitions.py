"""Every verb by every person in every state: who gets which answer, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from portal.errors import BerthError, Conflict, Denied, NotFound
from portal.scope import scope
from tenants.models import CapacityRequest
from tenants.request_states import TRANSITIONS
from tenants.selectors.requests import request_verbs
from tenants.services.requests import (
    request_approve,
    request_claim,
    request_counter,
    request_counter_accept,
    request_counter_decline,
    request_reject,
    request_submit,
    request_withdraw,
)
from tests.tenants.requests.harbour import Harbour

PEOPLE = ("operator", "auditor", "alice", "bob", "charlie")
STATES = (
    "draft",
    "submitted",
    "in_review",
    "countered",
    "approved",
    "rejected",
    "withdrawn",
    "expired",
)
SERVICES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "submit": (request_submit, {}),
    "claim": (request_claim, {}),
    "approve": (request_approve, {}),
    "counter": (
        request_counter,
        {"ask": {"replicas": 1}, "until_at": None, "reason": "Half of it"},
    ),
    "accept": (request_counter_accept, {}),
    "decline": (request_counter_decline, {}),
    "reject": (request_reject, {"reason": "Not this month"}),
    "withdraw": (request_withdraw, {}),
}
TENANTS_OWN = ("submit", "accept", "decline", "withdraw")
# (person, verb) -> the error that right alone brings; None where the state decides.
RIGHTS: dict[tuple[str, str], type[BerthError] | None] = {
    **{("operator", verb): None for verb in SERVICES},
    **{("auditor", verb): Denied for verb in SERVICES},
    **{("alice", verb): None if verb in TENANTS_OWN else Denied for verb in SERVICES},
    **{("bob", verb): Denied for verb in SERVICES},
    **{("charlie", verb): NotFound for verb in SERVICES},
}
# Where each verb leads from each state it knows; every other state is a conflict.
TARGETS: dict[tuple[str, str], str] = {
    ("draft", "submit"): "submitted",
    ("submitted", "claim"): "in_review",
    ("submitted", "approve"): "approved",
    ("in_review", "approve"): "approved",
    ("countered", "approve"): "approved",
    ("submitted", "counter"): "countered",
    ("in_review", "counter"): "countered",
    ("countered", "counter"): "countered",
    ("submitted", "reject"): "rejected",
    ("in_review", "reject"): "rejected",
    ("countered", "reject"): "rejected",
    ("countered", "accept"): "approved",
    ("countered", "decline"): "in_review",
    ("draft", "withdraw"): "withdrawn",
    ("submitted", "withdraw"): "withdrawn",
    ("in_review", "withdraw"): "withdrawn",
    ("countered", "withdraw"): "withdrawn",
}


def _expected(person: str, verb: str, state: str) -> type[BerthError] | str:
    refused = RIGHTS[person, verb]
    if refused is not None:
        return refused
    target = TARGETS.get((state, verb))
    # The operator of these tests is who made the offer, and nobody accepts their own.
    if target and (person, verb) == ("operator", "accept"):
        return Denied
    return target or Conflict


def _tried(harbour: Harbour, request: CapacityRequest, person: str, verb: str) -> object:
    """What came of it: the new state, or the class of the error; everything is undone after."""
    service, arguments = SERVICES[verb]
    before = harbour.fresh(request)
    outcome: object = None
    with transaction.atomic():
        try:
            with scope(getattr(harbour.people, person).viewer) as viewer:
                service(request_id=request.pk, viewer=viewer, now=harbour.now, **arguments)
        except BerthError as error:
            outcome = type(error)
        after = harbour.fresh(request)
        transaction.set_rollback(True)
    unchanged = (after.state, after.counter, after.generation) == (
        before.state,
        before.counter,
        before.generation,
    )
    return outcome if unchanged else after.state


@pytest.mark.parametrize("state", STATES)
def test_each_verb_leads_each_person_where_the_table_says(harbour: Harbour, state: str) -> None:
    request = harbour.in_state(state)
    cases = [(person, verb) for person in PEOPLE for verb in SERVICES]
    outcomes = {case: _tried(harbour, request, *case) for case in cases}
    assert outcomes == {(person, verb): _expected(person, verb, state) for person, verb in cases}


@pytest.mark.parametrize("state", STATES)
def test_offered_verbs_are_exactly_those_that_work(harbour: Harbour, state: str) -> None:
    request = harbour.in_state(state)
    offered = {
        person: set(request_verbs(request, viewer=getattr(harbour.people, person).viewer))
        for person in PEOPLE
    }
    assert offered == {
        person: {v for v in SERVICES if isinstance(_expected(person, v, state), str)}
        for person in PEOPLE
    }


def test_table_of_transitions_is_the_one_that_is_tested() -> None:
    told = {
        (str(source), verb): str(transition.target)
        for verb, transition in TRANSITIONS.items()
        for source in transition.sources
        if transition.right
    }
    assert told == TARGETS
