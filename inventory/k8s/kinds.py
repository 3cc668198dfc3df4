"""The kinds that Berth mirrors: where they live and how they are decoded. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from inventory.k8s import project, wire
from inventory.k8s.errors import ServerFault
from inventory.k8s.pod_wire import Pod
from inventory.k8s.records import Record
from inventory.k8s.verdict import Status

W = TypeVar("W", bound=wire.Wire)
NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _RawList(msgspec.Struct):
    metadata: _ListMeta
    items: list[msgspec.Raw] | None = None


class _RawEvent(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Bookmark(msgspec.Struct):
    metadata: _ListMeta


class _Uid(msgspec.Struct):
    uid: str = ""


class _Named(msgspec.Struct):
    metadata: _Uid


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `rest` is the token of the next one, empty at the end.

    `unreadable` are the UIDs of objects that could not be decoded and were left out: they are
    there all the same. Empty words stand for those whose UID can't be read either.
    """

    records: list[Record]
    resource_version: str
    rest: str
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a watch: `record` for ADDED, MODIFIED; `uid` for DELETED; `status` for ERROR.

    An object that can't be decoded counts as a bookmark of type UNREADABLE.
    """

    type: str
    resource_version: str = ""
    record: Record | None = None
    uid: str = ""
    status: Status | None = None


class KindSpec(Generic[W]):
    """One kind: its path and its decoder."""

    def __init__(
        self, name: str, path: str, wire_type: type[W], convert: Callable[[W], Record]
    ) -> None:
        self.name = name
        self.path = path
        self._convert = convert
        self._item: msgspec.json.Decoder[W] = msgspec.json.Decoder(wire_type)

    def record(self, raw: bytes | msgspec.Raw) -> Record:
        """Decode one object; raises msgspec.MsgspecError where it is none of this kind."""
        return self._convert(self._item.decode(raw))

    def page(self, body: bytes) -> Page:
        """Decode one page of a list; raises ServerFault where it is no list."""
        try:
            raw = _list.decode(storable(body))
        except msgspec.MsgspecError as problem:
            raise ServerFault(reason="BadJson", detail=str(problem)) from None
        found, unreadable = [], []
        for item in raw.items or ():
            try:
                found.append(self.record(item))
            except (msgspec.MsgspecError, ValueError):
                unreadable.append(_uid_of(item))
        return Page(found, raw.metadata.resource_version, raw.metadata.continue_, unreadable)

    def event(self, line: bytes) -> Event:
        """Decode one line of a watch; raises ServerFault where it is no event."""
        try:
            raw = _event.decode(storable(line))
            if raw.type == "ERROR":
                return Event(raw.type, status=_status.decode(raw.object))
            version = _bookmark.decode(raw.object).metadata.resource_version
        except msgspec.MsgspecError as problem:
            raise ServerFault(reason="BadJson", detail=str(problem)) from None
        if raw.type == "BOOKMARK":
            return Event(raw.type, version)
        if raw.type == "DELETED":  # the rest of it may be unreadable: gone it is
            uid = _uid_of(raw.object)
            return Event(raw.type if uid else "UNREADABLE", version, uid=uid)
        try:
            return Event(raw.type, version, self.record(raw.object))
        except (msgspec.MsgspecError, ValueError):
            return Event("UNREADABLE", version)


def storable(body: bytes) -> bytes:
    """Leave out escaped NUL characters, which programs may print and PostgreSQL can't keep."""
    return NUL.sub(rb"\1", body) if b"\\u0000" in body else body


def _uid_of(raw: msgspec.Raw) -> str:
    try:
        return _named.decode(raw).metadata.uid
    except msgspec.MsgspecError:
        return ""


_list = msgspec.json.Decoder(_RawList)
_event = msgspec.json.Decoder(_RawEvent)
_status = msgspec.json.Decoder(Status)
_bookmark = msgspec.json.Decoder(_Bookmark)
_named = msgspec.json.Decoder(_Named)

KINDS: dict[str, KindSpec[Any]] = {
    spec.name: spec
    for spec in (
        KindSpec("nodes", "/api/v1/nodes", wire.Node, project.node_record),
        KindSpec("namespaces", "/api/v1/namespaces", wire.Namespace, project.namespace_record),
        KindSpec("pods", "/api/v1/pods", Pod, project.pod_record),
        KindSpec(
            "resourcequotas", "/api/v1/resourcequotas", wire.ResourceQuota, project.quota_record
        ),
        KindSpec(
            "statefulsets",
            "/apis/apps/v1/statefulsets",
            wire.Workload,
            project.stateful_set_record,
        ),
        KindSpec("jobs", "/apis/batch/v1/jobs", wire.Workload, project.job_record),
    )
}
