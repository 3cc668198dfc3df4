"""Bodies as they come: JSON or YAML, and Go's words for what is neither."""

from __future__ import annotations

import json
from typing import Any

import yaml

from simulator.api import errors
from simulator.kinds.registry import Kind
from simulator.objects import load

MAX_BYTES = 3 * 1024 * 1024
MEDIA = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
STRUCT = (
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string'
    ' "json:\\"kind,omitempty\\"" }'
)
PLACES = {
    "Expecting property name enclosed in double quotes": (
        "looking for beginning of object key string"
    ),
    "Expecting value": "looking for beginning of value",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Extra data": "after top-level value",
}


def size_check(body: bytes) -> None:
    """Refuse what is larger than a real server takes; raises StatusError 413."""
    if len(body) > MAX_BYTES:
        text = f"Request entity too large: limit is {MAX_BYTES}"
        raise errors.StatusError(413, "RequestEntityTooLarge", text)


def object_read(kind: Kind, body: bytes, content_type: str) -> dict[str, Any]:
    """The object in a body; raises StatusError."""
    size_check(body)
    media = content_type.partition(";")[0].strip()
    if media == "application/vnd.kubernetes.protobuf":
        raise errors.not_modelled("protobuf bodies")
    if media not in ("", "application/json", "application/yaml"):
        text = (
            "the body of the request was in an unknown format - accepted media types include:"
            f" {MEDIA}"
        )
        raise errors.StatusError(415, "UnsupportedMediaType", text)
    try:
        found = plain_read(body, media)
    except ValueError:
        raise _unreadable(kind, body, _go_error(body)) from None
    if not isinstance(found, dict):
        shape = "array" if isinstance(found, list) else "string"
        why = f"json: cannot unmarshal {shape} into Go value of type {STRUCT}"
        raise _unreadable(kind, body.hex().encode(), why)
    return found


def plain_read(body: bytes, media: str) -> Any:
    """Plain data from JSON, or from YAML where it is said to be that; raises ValueError."""
    if media in ("application/yaml", "application/apply-patch+yaml") and body[:1] not in (
        b"{",
        b"[",
    ):
        try:
            return yaml.safe_load(body)
        except yaml.YAMLError as problem:
            raise ValueError(str(problem)) from None
    return load(body)


def _unreadable(kind: Kind, shown: bytes, why: str) -> errors.StatusError:
    text = shown.decode(errors="replace") or "<empty>"
    return errors.bad_request(
        f"the object provided is unrecognized (must be of type {kind.name}): couldn't get"
        f" version/kind; json parse error: {why} ({text})"
    )


def _go_error(body: bytes) -> str:
    text = body.decode(errors="replace")
    try:
        json.loads(text)
    except json.JSONDecodeError as problem:
        if problem.pos >= len(text) or "Unterminated" in problem.msg:
            return "unexpected end of JSON input"
        where = PLACES.get(problem.msg, "looking for beginning of value")
        return f"invalid character '{text[problem.pos]}' {where}"
    return "invalid JSON"
