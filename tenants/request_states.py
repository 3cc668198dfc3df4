"""Which verbs a request knows, from which states and to which. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tenants.choices_requests import OPEN_STATES, RequestState

RequestVerb = Literal[
    "submit",
    "claim",
    "approve",
    "counter",
    "accept",
    "decline",
    "reject",
    "withdraw",
    "expire",
]


@dataclass(frozen=True, slots=True)
class Transition:
    """A verb leads from one of `sources` to `target`; `right` is the verb of roles it needs."""

    sources: frozenset[RequestState]
    target: RequestState
    right: str


UNDECIDED = frozenset(OPEN_STATES)
WAITING = frozenset({RequestState.SUBMITTED})
OFFERED = frozenset({RequestState.COUNTERED})
DRAFT = frozenset({RequestState.DRAFT})
ASK, DECIDE = "request.create", "request.decide"

TRANSITIONS: Mapping[RequestVerb, Transition] = {
    "submit": Transition(DRAFT, RequestState.SUBMITTED, ASK),
    "claim": Transition(WAITING, RequestState.IN_REVIEW, DECIDE),
    "approve": Transition(UNDECIDED, RequestState.APPROVED, DECIDE),
    "counter": Transition(UNDECIDED, RequestState.COUNTERED, DECIDE),
    "accept": Transition(OFFERED, RequestState.APPROVED, ASK),
    "decline": Transition(OFFERED, RequestState.IN_REVIEW, ASK),
    "reject": Transition(UNDECIDED, RequestState.REJECTED, DECIDE),
    "withdraw": Transition(DRAFT | UNDECIDED, RequestState.WITHDRAWN, ASK),
    "expire": Transition(UNDECIDED, RequestState.EXPIRED, ""),
}
# What nobody may do to their own request. Taking it back is the asker's own affair.
NOT_BY_ASKER: frozenset[RequestVerb] = frozenset({"claim", "approve", "counter", "reject"})


def verb_allowed(verb: RequestVerb, state: str) -> bool:
    """Tell whether a request in this state knows the verb."""
    return state in TRANSITIONS[verb].sources
