"""Objects as plain data, and the small things that everybody does with them."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import msgspec

Object = dict[str, Any]
T = TypeVar("T")
RANDOM_LETTERS = "bcdfghjklmnpqrstvwxz2456789"

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def dump(value: Any) -> bytes:
    """JSON without spaces."""
    return _encoder.encode(value)


def load(data: bytes) -> Any:
    """Plain data from JSON; raises msgspec.DecodeError."""
    return _decoder.decode(data)


def clone(value: T) -> T:
    """A deep copy that shares nothing."""
    if isinstance(value, dict):
        return cast(T, {key: clone(item) for key, item in value.items()})
    if isinstance(value, list):
        return cast(T, [clone(item) for item in value])
    return value


def now_text() -> str:
    """The moment as Kubernetes writes it: UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_parse(text: str) -> datetime:
    """A moment that Kubernetes wrote; raises ValueError."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def new_uid() -> str:
    """A fresh UID."""
    return str(uuid.uuid4())


def random_suffix(length: int = 5) -> str:
    """Letters as generated names end in: no vowels, no look-alikes."""
    return "".join(secrets.choice(RANDOM_LETTERS) for _ in range(length))


def meta(obj: Object) -> Object:
    """The metadata, made where it is missing."""
    found: Object = obj.setdefault("metadata", {})
    return found


def labels_of(obj: Object) -> dict[str, str]:
    """The labels, possibly none."""
    return (obj.get("metadata") or {}).get("labels") or {}


def annotations_of(obj: Object) -> dict[str, str]:
    """The annotations, possibly none."""
    return (obj.get("metadata") or {}).get("annotations") or {}


def controller_of(obj: Object) -> Object | None:
    """The owner that controls an object."""
    for owner in (obj.get("metadata") or {}).get("ownerReferences") or ():
        if owner.get("controller"):
            found: Object = owner
            return found
    return None


def condition_of(obj: Object, kind: str) -> Object | None:
    """One condition of the status."""
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition.get("type") == kind:
            found: Object = condition
            return found
    return None
