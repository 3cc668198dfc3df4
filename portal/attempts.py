"""Calling a service from a form: its errors go where a person looks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django import forms

from portal.errors import BerthError, Conflict, Invalid, PreconditionFailed, Refused
from portal.refusal import Refusal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt(Generic[T]):
    """What came of it: a result, or a form with sentences and perhaps a refusal; and a status."""

    result: T | None = None
    refusal: Refusal | None = None
    status: int = 200


def form_attempt(form: forms.Form, act: Callable[[dict[str, Any]], T]) -> Attempt[T]:
    """Validate and act. What the service refuses becomes part of the form; 403 and 404 don't."""
    if not form.is_valid():
        return Attempt(status=422)
    try:
        return Attempt(result=act(form.cleaned_data))
    except Invalid as error:
        for field, sentences in error.fields.items():
            known = field.split(".")[0]
            for sentence in sentences:
                form.add_error(known if known in form.fields else None, str(sentence))
        return Attempt(status=422)
    except Refused as error:
        form.add_error(None, str(error))
        return Attempt(refusal=error.refusal, status=422)
    except (Conflict, PreconditionFailed) as error:
        return _unfit(form, error)


def _unfit(form: forms.Form, error: BerthError) -> Attempt[T]:
    form.add_error(None, str(error))
    return Attempt(status=error.status)
