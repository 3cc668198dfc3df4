"""An operator's smaller offer: what it may change, and what becomes of the ask with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.errors import FieldErrors, Invalid
from tenants.asks import OFFER_FIELDS, ask_read
from tenants.choices_requests import RequestKind


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked for, or offered: the ask and its end."""

    ask: Mapping[str, Any]
    until_at: datetime | None


def offer_apply(terms: Terms, counter: Mapping[str, Any] | None) -> Terms:
    """The terms with an offer in place of what it changes; `counter` as a request keeps it."""
    if not counter:
        return terms
    changed = {name: value for name, value in counter.items() if name != "until_at"}
    until = counter.get("until_at")
    return Terms(
        {**terms.ask, **changed}, datetime.fromisoformat(until) if until else terms.until_at
    )


def offer_read(*, kind: str, terms: Terms, data: Any, until_at: datetime | None) -> dict[str, Any]:
    """An offer as a request keeps it; raises Invalid unless it is smaller than what was asked.

    Amounts may be equal or smaller, the end equal or earlier, and something has to differ.
    """
    read = ask_read(kind=kind, data=data, only=OFFER_FIELDS[kind])
    offered = {name: value for name, value in read.items() if value != terms.ask.get(name)}
    errors = FieldErrors()
    for name, value in offered.items():
        _smaller(errors, name, value, terms.ask.get(name))
    _earlier(errors, until_at, terms.until_at)
    errors.raise_any()
    if until_at is not None and until_at != terms.until_at:
        offered["until_at"] = until_at.isoformat()
    if not offered:
        raise Invalid(
            _("The offer equals what was asked for. Approve the request instead."),
            code="offer-equals-ask",
        )
    return offered


def terms_total(kind: str, terms: Terms) -> dict[str, int]:
    """What the terms take in all, by resource; for quota the guaranteed amounts."""
    if kind == RequestKind.ALLOCATION:
        replicas = int(terms.ask.get("replicas") or 0)
        return {name: n * replicas for name, n in terms.ask.get("shape", {}).items() if n}
    return dict(terms.ask.get("guaranteed", {}))


def _smaller(errors: FieldErrors, name: str, value: Any, asked: Any) -> None:
    if isinstance(value, Mapping):
        asked = asked or {}
        for resource, amount in value.items():
            if amount > asked.get(resource, 0):
                errors.add(f"ask.{name}.{resource}", _limit(asked.get(resource, 0)))
        for resource in set(asked) - set(value):
            errors.add(f"ask.{name}.{resource}", _("Say how much of this; 0 for none."))
    elif not 1 <= value <= asked:
        errors.add(f"ask.{name}", _limit(asked))


def _earlier(errors: FieldErrors, until_at: datetime | None, asked: datetime | None) -> None:
    if until_at is not None and asked is not None and until_at > asked:
        errors.add("until_at", _("Offer an end that is not later than what was asked for."))


def _limit(asked: int) -> str:
    return str(_("Offer at most what was asked for: %(asked)s.") % {"asked": asked})
