"""Refusals as Status objects, in the words of a real API server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.kinds.registry import Kind
from simulator.objects import Object, dump

MODIFIED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


class StatusError(Exception):
    """A refusal. `headers` go with the answer; `text` replaces the body by plain text."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: Object | None = None,
        headers: dict[str, str] | None = None,
        text: str = "",
        metadata: Object | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.details, self.headers, self.text = details, headers or {}, text
        self.metadata = metadata or {}

    def body(self) -> Object:
        """The Status object."""
        found: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            found["reason"] = self.reason
        if self.details is not None:
            found["details"] = self.details
        found["code"] = self.code
        return found


@dataclass
class Cause:
    """One thing that is wrong with a field."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"

    @property
    def text(self) -> str:
        """Field and message."""
        return f"{self.field}: {self.message}"


@dataclass
class Causes:
    """What a validation has found."""

    found: list[Cause] = field(default_factory=list)

    def invalid(self, path: str, value: Any, why: str) -> None:
        """A value that is wrong; texts are shown in quotes."""
        tail = f": {why}" if why else ""
        self.found.append(Cause(path, f"Invalid value: {_shown(value)}{tail}"))

    def required(self, path: str, why: str = "") -> None:
        """A value that is missing."""
        text = f"Required value: {why}" if why else "Required value"
        self.found.append(Cause(path, text, "FieldValueRequired"))

    def forbidden(self, path: str, why: str) -> None:
        """A value that may not be given."""
        self.found.append(Cause(path, f"Forbidden: {why}", "FieldValueForbidden"))

    def unsupported(self, path: str, value: Any, supported: Iterable[str], shown: str = "") -> None:
        """A value that is none of those known."""
        known = ", ".join(f'"{item}"' for item in supported)
        text = shown or _shown(value)
        self.found.append(
            Cause(path, f"Unsupported value: {text}: supported values: {known}",
                  "FieldValueNotSupported")
        )  # fmt: skip

    def duplicate(self, path: str, value: Any) -> None:
        """A value that is there twice."""
        self.found.append(Cause(path, f"Duplicate value: {_shown(value)}", "FieldValueDuplicate"))

    def missing(self, path: str, value: str) -> None:
        """A value that names something that is not there."""
        self.found.append(Cause(path, f"Not found: {_shown(value)}", "FieldValueNotFound"))

    def too_long(self, path: str, most: int) -> None:
        """A value of more bytes than are allowed."""
        text = f"Too long: may not be more than {most} bytes"
        self.found.append(Cause(path, text, "FieldValueTooLong"))


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return dump(value).decode()


def invalid(kind: str, group: str, name: str, causes: list[Cause]) -> StatusError:
    """422 with its causes."""
    causes = list({cause.text: cause for cause in causes}.values())
    texts = [cause.text for cause in causes]
    whole = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    details: Object = {"name": name, "group": group, "kind": kind}
    details = {key: value for key, value in details.items() if value}
    details["causes"] = [
        {"reason": cause.reason, "message": cause.message, "field": cause.field} for cause in causes
    ]
    qualified = f"{kind}.{group}" if group else kind
    return StatusError(422, "Invalid", f'{qualified} "{name}" is invalid: {whole}', details=details)


def invalid_object(kind: Kind, name: str, causes: list[Cause]) -> StatusError:
    """422 for an object of a kind."""
    return invalid(kind.name, kind.group, name, causes)


def bad_request(message: str) -> StatusError:
    """400."""
    return StatusError(400, "BadRequest", message)


def _details(kind: Kind, name: str) -> Object:
    found = {"name": name, "group": kind.group, "kind": kind.resource}
    return {key: value for key, value in found.items() if value}


def not_found(kind: Kind, name: str) -> StatusError:
    """404 for an object."""
    text = f'{kind.qualified} "{name}" not found'
    return StatusError(404, "NotFound", text, details=_details(kind, name))


def no_resource() -> StatusError:
    """404 for a path that leads nowhere within a served group."""
    text = "the server could not find the requested resource"
    return StatusError(404, "NotFound", text, details={})


def no_page() -> StatusError:
    """404 for any other path."""
    return StatusError(404, "NotFound", "", text="404 page not found\n")


def already_exists(kind: Kind, name: str) -> StatusError:
    """409: the name is taken."""
    text = f'{kind.qualified} "{name}" already exists'
    return StatusError(409, "AlreadyExists", text, details=_details(kind, name))


def conflict(kind: Kind, name: str, why: str = MODIFIED) -> StatusError:
    """409: another version than the one meant."""
    text = f'Operation cannot be fulfilled on {kind.qualified} "{name}": {why}'
    return StatusError(409, "Conflict", text, details=_details(kind, name))


def precondition(kind: Kind, name: str, why: str) -> StatusError:
    """409: the object is not the one that a delete meant."""
    text = f'Operation cannot be fulfilled on {kind.qualified_kind} "{name}": {why}'
    details = _details(kind, name) | {"kind": kind.name}
    return StatusError(409, "Conflict", text, details=details)


def forbidden(kind: Kind, name: str, why: str, causes: list[Object] | None = None) -> StatusError:
    """403, by authorisation or by admission."""
    shown = f'{kind.qualified} "{name}"' if name else kind.qualified
    details = _details(kind, name)
    if causes:
        details["causes"] = causes
    return StatusError(403, "Forbidden", f"{shown} is forbidden: {why}", details=details)


def method_not_allowed() -> StatusError:
    """405."""
    text = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", text, details={})


def not_modelled(what: str) -> StatusError:
    """501: a real server would know; this one does not, and says so."""
    return StatusError(
        501,
        "NotImplemented",
        f"the simulator does not model {what}; use a real cluster, or bin/testbed, for it",
        details={"kind": what},
    )


def internal(message: str) -> StatusError:
    """500 with a sentence, which is how some refusals come."""
    return StatusError(500, "", message)


def not_kept(why: str) -> StatusError:
    """500: the change could not be written down, so it has not happened."""
    return StatusError(500, "InternalError", f"the simulator can't write its state: {why}")


def expired(message: str, token: str = "") -> StatusError:
    """410: the version is no longer kept."""
    metadata = {"continue": token} if token else None
    return StatusError(410, "Expired", message, metadata=metadata)
