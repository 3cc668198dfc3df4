"""Errors that know their HTTP status and whether trying the same again may help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from portal.refusal import Refusal

FIELDS_INVALID = _("Some fields are not valid; each says what it needs.")
NOTHING_HERE = _("There is nothing here, or you may not see it.")
CHANGED_SINCE = _("Somebody changed this since you read it. Read it again and repeat your change.")


class BerthError(Exception):
    """Base of every error that a person or a program may be told.

    `message` says in one sentence what is wrong and what to do; `code` is stable and meant for
    programs; `permanent` is False where the same call may succeed later.
    """

    status = 500
    code = "error"
    permanent = True
    needs_person = False

    def __init__(
        self,
        message: StrOrPromise,
        *,
        code: str | None = None,
        refusal: Refusal | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.refusal = refusal
        self.extra = extra

    def __str__(self) -> str:
        return str(self.message)

    @property
    def sentences(self) -> str:
        """All that it says, in one line."""
        return str(self)


class Invalid(BerthError):
    """The input is malformed; `fields` maps a field name to its sentences."""

    status = 400
    code = "invalid"

    def __init__(
        self,
        message: StrOrPromise = FIELDS_INVALID,
        *,
        fields: Mapping[str, list[StrOrPromise]] | None = None,
        code: str | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message, code=code, **extra)
        self.fields: dict[str, list[StrOrPromise]] = dict(fields or {})

    @property
    def sentences(self) -> str:
        """What the fields say; the message where none says anything."""
        said = [str(text) for texts in self.fields.values() for text in texts]
        return " ".join(said) or str(self)


class FieldErrors:
    """Collects a sentence per field, to raise them together."""

    def __init__(self) -> None:
        self.fields: dict[str, list[StrOrPromise]] = {}

    def add(self, field: str, sentence: StrOrPromise) -> None:
        """Note what is wrong with a field."""
        self.fields.setdefault(field, []).append(sentence)

    def raise_any(self) -> None:
        """Raise Invalid when something was noted."""
        if self.fields:
            raise Invalid(fields=self.fields)


class Denied(BerthError):
    """The viewer sees the object but may not do this to it."""

    status = 403
    code = "denied"


class NotFound(BerthError):
    """There is no such object, or the viewer may not know of it: both look alike."""

    status = 404
    code = "not-found"

    def __init__(
        self,
        message: StrOrPromise = NOTHING_HERE,
        **extra: Any,
    ) -> None:
        super().__init__(message, **extra)


class Conflict(BerthError):
    """The object is not in a state that allows this."""

    status = 409
    code = "conflict"


class PreconditionFailed(BerthError):
    """Somebody changed the object since it was read."""

    status = 412
    code = "concurrent-update"

    def __init__(
        self,
        message: StrOrPromise = CHANGED_SINCE,
        **extra: Any,
    ) -> None:
        super().__init__(message, **extra)


class Refused(BerthError):
    """A rule said no; `refusal` names it with its numbers."""

    status = 422
    code = "refused"

    def __init__(self, refusal: Refusal, message: StrOrPromise | None = None) -> None:
        super().__init__(message or refusal.sentence(), code=refusal.rule, refusal=refusal)
        self.refusal: Refusal = refusal


class Unavailable(BerthError):
    """Something Berth depends on is away; the same call may succeed later."""

    status = 503
    code = "unavailable"
    permanent = False
