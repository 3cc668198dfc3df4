"""Answers as bytes: objects, lists, tables, refusals."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field

from simulator.kinds.registry import Kind
from simulator.objects import Object, dump
from simulator.store.store import Stored

JSON = "application/json"
PLAIN = "text/plain; charset=utf-8"
GZIP_FROM = 128 * 1024


@dataclass
class Answer:
    """Status, type, body and headers of an answer."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    def compressed(self, accepted: str) -> Answer:
        """Compressed where it is large and the client takes it."""
        if "gzip" in accepted and len(self.body) > GZIP_FROM:
            self.body = gzip.compress(self.body, compresslevel=1)
            self.headers["Content-Encoding"] = "gzip"
        return self


def head(kind_name: str, api_version: str) -> bytes:
    """The beginning of an object, before its other fields."""
    return dump({"kind": kind_name, "apiVersion": api_version})[:-1]


def with_head(kind_name: str, api_version: str, data: bytes) -> bytes:
    """An object's JSON with its kind."""
    return head(kind_name, api_version) + (b"," + data[1:] if len(data) > 2 else b"}")


def of_object(status: int, kind: Kind, obj: Object) -> Answer:
    """An object as an answer."""
    return Answer(status, with_head(kind.name, kind.api_version, dump(obj)))


def of_stored(kind: Kind, stored: Stored) -> Answer:
    """An object as it is kept."""
    return Answer(200, with_head(kind.name, kind.api_version, stored.data))


def of_list(kind: Kind, items: list[Stored], metadata: Object) -> Answer:
    """A list from the JSON that is kept of each item."""
    start = head(f"{kind.name}List", kind.api_version) + b',"metadata":' + dump(metadata)
    body = start + b',"items":[' + b",".join(item.data for item in items) + b"]}"
    return Answer(200, body)


def of_plain(status: int, obj: Object, headers: dict[str, str] | None = None) -> Answer:
    """Anything that says itself what it is."""
    return Answer(status, dump(obj), headers=headers or {})
