"""Exchanges with an API server, written down in order as plain data."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tests.conformance.normalise import Normaliser

PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.05
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
KEPT_HEADERS = ("Content-Type", "Retry-After", "Warning", "Allow")


@dataclass
class Answer:
    """Status, headers and decoded body of one exchange (text where it is no JSON)."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Place:
    """A server under test: its address, its authority, a token per user.

    `forget` makes it lose its history, as a compaction does; within `busy` it takes no writes.
    """

    server: str
    ca_pem: str
    tokens: dict[str, str]
    forget: Callable[[], object]
    busy: Callable[[], AbstractContextManager[None]]


@dataclass
class Talk:
    """One scenario's conversation. `namespace` is its own; `lines` is what was said."""

    place: Place
    namespace: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    normaliser: Normaliser = field(default_factory=Normaliser)

    def get(self, path: str, **options: Any) -> Any:
        """GET and note the answer."""
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> Any:
        """POST and note the answer."""
        return self.send("POST", path, body=body, **options)

    def put(self, path: str, body: Any, **options: Any) -> Any:
        """PUT and note the answer."""
        return self.send("PUT", path, body=body, **options)

    def patch(self, path: str, body: Any, kind: str = MERGE, **options: Any) -> Any:
        """PATCH of a content type and note the answer."""
        return self.send("PATCH", path, body=body, content_type=kind, **options)

    def apply(self, path: str, body: Any, manager: str, *, force: bool = False, **more: Any) -> Any:
        """Server-side apply and note the answer."""
        query = {"fieldManager": manager, "force": "true" if force else "false"}
        return self.patch(path, body, APPLY, query=query | more.pop("query", {}), **more)

    def delete(self, path: str, body: Any = None, **options: Any) -> Any:
        """DELETE and note the answer."""
        return self.send("DELETE", path, body=body, **options)

    def until(
        self, path: str, good: Callable[[Any], Any], *, quiet: bool = False, **options: Any
    ) -> Any:
        """GET until `good` takes the body; only the last answer is noted (none where `quiet`)."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self.exchange("GET", path, **options)
            if good(answer.body):
                break
            if time.monotonic() > deadline:
                raise AssertionError(f"{path} is not so in time: {answer.status} {answer.body}")
            time.sleep(POLL_SECONDS)
        if not quiet:
            self._note("GET", path, answer)
        return answer.body

    def send(self, method: str, path: str, *, quiet: bool = False, **options: Any) -> Any:
        """One exchange, noted unless `quiet`; returns the body as it came."""
        answer = self.exchange(method, path, **options)
        if not quiet:
            self._note(method, path, answer)
        return answer.body

    def exchange(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        raw: bytes | None = None,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
        user: str = "tester",
        accept: str = "application/json",
        agent: str = "conformance",
    ) -> Answer:
        """One exchange, not noted. `{ns}` in the path is the scenario's namespace."""
        target = self._target(path, query)
        headers = {"Accept": accept, "User-Agent": agent}
        if user:
            headers["Authorization"] = f"Bearer {self.place.tokens.get(user, user)}"
        payload = raw if raw is not None else None if body is None else json.dumps(body).encode()
        if payload is not None:
            headers["Content-Type"] = content_type
        connection = self._connect()
        try:
            connection.request(method, target, body=payload, headers=headers)
            response = connection.getresponse()
            text = response.read()
            kept = {k.title(): v for k, v in response.getheaders() if k.title() in KEPT_HEADERS}
        finally:
            connection.close()
        try:
            decoded = json.loads(text)
        except ValueError:
            decoded = text.decode(errors="replace")
        return Answer(response.status, kept, decoded)

    def watch(
        self, path: str, *, seconds: int = 1, query: dict[str, str] | None = None, **more: Any
    ) -> list[dict[str, Any]]:
        """Everything a watch of some seconds says, not noted: [{type, object}]."""
        asked = {"watch": "true", "timeoutSeconds": str(seconds)} | (query or {})
        answer = self.exchange("GET", path, query=asked, **more)
        if isinstance(answer.body, dict) and "type" in answer.body:
            return [answer.body]
        if isinstance(answer.body, dict):
            return [{"type": "HTTP", "status": answer.status, "object": answer.body}]
        return [json.loads(line) for line in str(answer.body).splitlines() if line]

    def say(self, what: str, value: Any) -> None:
        """Note something that was seen, beside the answers."""
        self.lines.append({"seen": what, "value": self.normaliser.clean(value)})

    def _note(self, method: str, path: str, answer: Answer) -> None:
        self.lines.append(
            {
                "call": f"{method} {path}",
                "status": answer.status,
                "headers": {k: self.normaliser.clean(v) for k, v in sorted(answer.headers.items())},
                "body": self.normaliser.clean(answer.body),
            }
        )

    def _target(self, path: str, query: dict[str, str] | None) -> str:
        target = quote(path.replace("{ns}", self.namespace), safe="/?&=%:,")
        if query:
            target += ("&" if "?" in target else "?") + urlencode(query)
        return target

    def _connect(self) -> http.client.HTTPSConnection:
        address = urlsplit(self.place.server)
        context = ssl.create_default_context(cadata=self.place.ca_pem)
        return http.client.HTTPSConnection(
            address.hostname or "", address.port or 443, timeout=60, context=context
        )
