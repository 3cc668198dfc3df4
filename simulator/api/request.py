"""A request, taken apart: which kind, which object, which part, with which options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

from simulator.api import errors
from simulator.auth.identity import User
from simulator.auth.rbac import Attributes
from simulator.kinds.registry import Kind, groups, kinds, unmodelled, unmodelled_groups

VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
PATH = re.compile(r"/(?:api|apis/(?P<group>[^/]+))/(?P<version>[^/]+)/(?P<rest>.+)")


@dataclass
class Request:
    """One request. `user` is set once it is known who asks."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    user: User = field(default_factory=lambda: User(""))
    group: str = ""
    version: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    part: str = ""
    by_path: bool = False
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def read(
        cls, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Request:
        """Take a path and its query apart."""
        made = cls(method, path, parse_qs(query, keep_blank_values=True), headers, body)
        found = PATH.fullmatch(path)
        if found is not None:
            made.group, made.version = found["group"] or "", found["version"]
            made._place([unquote(part) for part in found["rest"].split("/")])
        return made

    def _place(self, parts: list[str]) -> None:
        if parts[0] == "watch":
            parts = parts[1:] or ["watch"]
            self.by_path = True
        scoped = (
            parts[0] == "namespaces"
            and len(parts) > 2
            and parts[2]
            not in (
                "status",
                "finalize",
            )
        )
        if (scoped and not self.group) or (
            parts[0] == "namespaces" and self.group and len(parts) > 2
        ):
            self.namespace, parts = parts[1], parts[2:]
        elif parts[0] == "namespaces" and not self.group and len(parts) > 1:
            self.namespace = parts[1]
        self.resource = parts[0]
        self.name = parts[1] if len(parts) > 1 else ""
        self.part = "/".join(parts[2:])

    def one(self, name: str, default: str = "") -> str:
        """One value of the query."""
        values = self.query.get(name)
        return values[0] if values else default

    def flag(self, name: str) -> bool:
        """A truth of the query."""
        values = self.query.get(name)
        return bool(values) and values[0] not in ("false", "0") if values else False

    @property
    def is_watch(self) -> bool:
        """Whether a GET asks for a stream: of one object only by the old kind of path."""
        asked = self.flag("watch") and not self.name
        return self.method == "GET" and (self.by_path or asked)

    @property
    def verb(self) -> str:
        """The verb that rights are given for."""
        if self.method == "GET" and not self.name:
            return "watch" if self.is_watch else "list"
        if self.method == "GET" and self.is_watch:
            return "watch"
        if self.method == "DELETE" and not self.name:
            return "deletecollection"
        return VERBS.get(self.method, self.method.lower())

    @property
    def attributes(self) -> Attributes:
        """What rights are asked for."""
        if not self.resource:
            return Attributes(self.method.lower(), path=self.path)
        return Attributes(
            self.verb, self.group, self.resource, self.part, self.namespace, self.name
        )

    def kind(self) -> Kind:
        """The kind that is meant; raises StatusError where it is none."""
        found = kinds().get((self.group, self.resource)) if self.version == "v1" else None
        if found is not None:
            if self.namespace and not found.namespaced and found.name != "Namespace":
                raise errors.no_resource()
            return found
        foreign = unmodelled(f"{self.group}/{self.version}".lstrip("/"), self.resource)
        if foreign is not None:
            return foreign
        if self.group not in ("", *groups(), *unmodelled_groups()):
            raise errors.no_page()
        raise errors.no_resource()
