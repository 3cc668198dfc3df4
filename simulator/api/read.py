"""Reading: one object, lists in pages, versions of before."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.api import errors
from simulator.api.request import Request
from simulator.api.selectors import Test, field_test, label_test
from simulator.kinds.registry import Kind
from simulator.objects import Object, dump, load
from simulator.store.store import Gone, Stored

if TYPE_CHECKING:
    from simulator.core import Core

TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start"
    " a new list without the continue parameter, or use the continue token in this response to"
    " retrieve the remainder of the results. Continuing with the provided token results in an"
    " inconsistent list - objects that were created, modified, or deleted between the time the"
    " first chunk was returned and now may show up in the list."
)
TOO_OLD_VERSION = "The resourceVersion for the provided list is too old."
MATCHES = ("", "Exact", "NotOlderThan")


@dataclass
class Page:
    """What a list gives: its items, its version, the token of the rest."""

    items: list[Stored]
    version: int
    token: str = ""
    remaining: int | None = None

    def metadata(self) -> Object:
        """As a list's metadata."""
        found: Object = {"resourceVersion": str(self.version)}
        if self.token:
            found["continue"] = self.token
        if self.remaining is not None:
            found["remainingItemCount"] = self.remaining
        return found


def get(core: Core, kind: Kind, request: Request) -> Stored:
    """One object; raises StatusError."""
    namespace = request.namespace if kind.namespaced else ""
    found = core.store.get(kind.key, namespace, request.name)
    if found is None:
        raise errors.not_found(kind, request.name)
    return found


def tests_of(kind: Kind, request: Request) -> list[Test]:
    """The tests that a list or a watch asks for."""
    found = [
        label_test(request.one("labelSelector")),
        field_test(request.one("fieldSelector"), kind.name),
    ]
    return [test for test in found if test is not None]


def list_page(core: Core, kind: Kind, request: Request) -> Page:
    """A list, or a page of one; raises StatusError."""
    options_check(request)
    limit = _number(request.one("limit", "0"))
    tests = tests_of(kind, request)
    namespace = request.namespace if kind.namespaced else ""
    token = request.one("continue")
    start = ""
    if token:
        version, start = _token_read(token)
        if request.one("resourceVersion") not in ("", "0"):
            raise errors.bad_request(
                "specifying resource version is not allowed when using continue"
            )
    else:
        version = _wanted_version(core, request)
    items, version = _items(core, kind, namespace, version, token, start)
    if start:
        items = [item for item in items if f"{item.namespace}/{item.name}" > start]
    if tests:
        items = [item for item in items if all(test(item.obj) for test in tests)]
    if limit <= 0 or len(items) <= limit:
        return Page(items, version)
    last = items[limit - 1]
    rest = _token_make(version, f"{last.namespace}/{last.name}")
    remaining = None if tests else len(items) - limit
    return Page(items[:limit], version, rest, remaining)


def _items(
    core: Core, kind: Kind, namespace: str, version: int, token: str, start: str
) -> tuple[list[Stored], int]:
    if version == 0:
        return core.store.ordered(kind.key, namespace), core.store.version
    try:
        return core.store.list_at(kind.key, version, namespace), version
    except Gone:
        if not token:
            raise errors.expired(TOO_OLD_VERSION) from None
        fresh = _token_make(core.store.version, start)
        raise errors.expired(TOO_OLD, fresh) from None


def options_check(request: Request) -> None:
    """Refuse questions about versions that make no sense; raises StatusError."""
    causes = errors.Causes()
    match, version = request.one("resourceVersionMatch"), request.one("resourceVersion")
    path = "resourceVersionMatch"
    initial = request.flag("sendInitialEvents")
    if initial and match != "NotOlderThan":
        causes.forbidden(
            path, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        )
    elif match and request.is_watch and not initial:
        causes.forbidden(
            path, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        )
        if match != "NotOlderThan":
            causes.unsupported(path, match, ["NotOlderThan"])
    elif match and request.one("continue"):
        causes.forbidden(path, "resourceVersionMatch is forbidden when continue is provided")
    elif match and not version and not initial:
        causes.forbidden(
            path, "resourceVersionMatch is forbidden unless resourceVersion is provided"
        )
    elif match not in MATCHES:
        causes.unsupported(path, match, ["Exact", "NotOlderThan", ""])
    elif match == "Exact" and version == "0":
        causes.forbidden(path, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    if causes.found:
        raise errors.invalid("ListOptions", "meta.k8s.io", "", causes.found)


def version_number(text: str) -> int:
    """A resourceVersion as a number; raises ValueError with Go's words."""
    if not re.fullmatch(r"\d+", text):
        raise ValueError(
            f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}":'
            " invalid syntax"
        )
    return int(text)


def too_large(wanted: int, current: int) -> errors.StatusError:
    """504: the version lies in the future."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return errors.StatusError(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {wanted}, current: {current}",
        details={"causes": [cause], "retryAfterSeconds": 1},
        headers={"Retry-After": "1"},
    )


def _wanted_version(core: Core, request: Request) -> int:
    """The version that a list must be of exactly; 0 where the newest will do."""
    text = request.one("resourceVersion")
    if not text or text == "0":
        return 0
    try:
        wanted = version_number(text)
    except ValueError as problem:
        raise errors.bad_request(f"invalid resource version: {problem}") from None
    if wanted > core.store.version:
        raise too_large(wanted, core.store.version)
    return wanted if request.one("resourceVersionMatch") == "Exact" else 0


def _number(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", text):
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def _token_make(version: int, start: str) -> str:
    content = dump({"v": "meta.k8s.io/v1", "rv": version, "start": start})
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _token_read(token: str) -> tuple[int, str]:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (ValueError, binascii.Error):
        raise _bad_token("illegal base64 data") from None
    try:
        content = load(raw)
        return int(content["rv"]), str(content["start"])
    except (ValueError, KeyError, TypeError):
        shown = raw[:1].decode("latin-1")
        first = shown if shown.isprintable() and shown.isascii() else f"\\u{ord(shown or ' '):04x}"
        why = f"invalid character '{first}' looking for beginning of value"
        raise _bad_token(why) from None


def _bad_token(why: str) -> errors.StatusError:
    return errors.bad_request(f"invalid continue token: continue key is not valid: {why}")
