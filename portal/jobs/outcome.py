"""What a step may answer, and the reason it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.utils.translation import gettext

from portal.joins import values_joined
from portal.refusal import Refusal


class Reason(msgspec.Struct, frozen=True):
    """Why a job waits, is parked or fails: a stable code, an English sentence, its values.

    The sentence is marked with gettext_noop where it is written and translated when it is read.
    """

    code: str
    text: str
    params: dict[str, Any] = {}
    refusal: Refusal | None = None

    def sentence(self) -> str:
        """The reason in the active language."""
        text = gettext(self.text)
        return text % values_joined(self.params) if self.params else text

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the job row."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data


def reason_load(data: dict[str, Any] | None) -> Reason | None:
    """Read back what `Reason.as_dict` wrote."""
    return None if data is None else msgspec.convert(data, Reason)


@dataclass(frozen=True, slots=True)
class Done:
    """The step is through; `result` is kept and handed to later steps."""

    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: come back in `retry_in` seconds, or earlier when nudged.

    `refused` says that something was away or asked for the time: no fact of the mirror shortens
    that. A negative `retry_in` leaves the time to the number of refusals in a row.
    """

    reason: Reason
    retry_in: float = 2.0
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Park:
    """A person has to do something first; the job stays where it is until resumed."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Fail:
    """It can't be done; what was done is undone."""

    reason: Reason


Outcome = Done | Wait | Park | Fail
