"""One client for one cluster: the official one for writes, raw bytes for reads, one error map.

Reads go round the official client because its typed and informer paths cost thirty times the
processor time and memory (reference measurements); writes go through its serialisation and
authentication, built by hand, never from a kubeconfig. Both use the same pinned connections.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

import msgspec
import urllib3
from django.db import connection as database
from kubernetes.client import ApiClient, ApiException, Configuration

from inventory.k8s.connection import Connection
from inventory.k8s.errors import ClusterError, Forbidden, ServerFault
from inventory.k8s.pace import Pace, pace_of
from inventory.k8s.pinned import PinnedPool
from inventory.k8s.streams import Lines, body_read, transport_error
from inventory.k8s.verdict import error_of
from portal import faults
from portal.outbound import OutboundPolicy

Query = Mapping[str, str | int | bool]
T = TypeVar("T")
Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

USER_AGENT = "berth"
READ_TRIES = 3
READY = "/readyz"
STARTING_TRIES = 8
STARTING_SECONDS = 1.0
YOUNG_SECONDS = 60.0
RETRY_BASE_SECONDS = 0.5
RETRY_CAP_SECONDS = 10.0
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


class TransactionOpen(RuntimeError):
    """A programming error: a cluster was called while a database transaction was open."""


def transaction_refuse() -> None:
    """A call may take a minute; locks held meanwhile would stop everybody else."""
    if database.in_atomic_block:
        msg = "a cluster must not be called inside a database transaction"
        raise TransactionOpen(msg)


class ClusterClient:
    """Calls one API server. Every failure is a ClusterError. Safe to share between threads."""

    def __init__(
        self,
        connection: Connection,
        *,
        policy: OutboundPolicy,
        pace: Pace | None = None,
        guard: Callable[[], None] = transaction_refuse,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._pool = PinnedPool(connection, policy)
        self._pace = pace or pace_of(connection.pace_key)
        self._guard = guard
        self._sleep = sleep
        self._official = self._official_client()

    def _official_client(self) -> ApiClient:
        configuration = Configuration(
            host=self._connection.server, retries=False, proxy="", no_proxy="*"
        )
        if self._connection.credential.token:
            configuration.api_key = {"authorization": self._connection.credential.token}
            configuration.api_key_prefix = {"authorization": "Bearer"}
        client = ApiClient(configuration)
        client.user_agent = USER_AGENT
        client.rest_client.pool_manager = self._pool  # type: ignore[assignment]
        return client

    def get(self, path: str, query: Query | None = None) -> dict[str, Any]:
        """Read one object or list as plain data."""
        return _object(self.get_bytes(path, query))

    def get_bytes(self, path: str, query: Query | None = None) -> bytes:
        """Read raw bytes (gzip on the wire); tries again where that may heal."""
        for left in reversed(range(READ_TRIES)):
            try:
                return self._guarded("GET", path, lambda: self._read_once(path, query))
            except ClusterError as error:
                wait_seconds = self._wait_seconds(error, READ_TRIES - left)
                if not left or wait_seconds is None:
                    raise
                self._sleep(wait_seconds)
        raise AssertionError

    def request(
        self,
        method: Verb,
        path: str,
        *,
        body: Any = None,
        query: Query | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """Write: one try, since only the caller knows whether a repeat is safe."""
        return self._guarded(
            method, path, lambda: self._write_once(method, path, body, query, content_type)
        )

    @contextmanager
    def stream(
        self, path: str, query: Query | None = None, *, read_seconds: float
    ) -> Iterator[Lines]:
        """Open a watch; `read_seconds` without a byte is an error, as a dead socket is silent."""
        self._guard()
        self._pace.bucket.take()
        faults.point("cluster.before", verb="WATCH", path=path)
        with transport_error():
            response = self._send("GET", path, query, read_seconds, gzip=False)
        try:
            with transport_error():
                self._status_check(response)
            faults.point("cluster.after", verb="WATCH", path=path)
            yield Lines(response)
        finally:
            response.close()

    def close(self) -> None:
        """Drop the connections."""
        self._pool.clear()

    def _guarded(self, verb: str, path: str, call: Callable[[], T]) -> T:
        """One call with everything around it; a refusal by a starting server is waited out.

        An API server that has just started serves before it knows its roles and answers 403 to
        everybody. A refusal has no effect, so asking again is safe for writes, too.
        """
        for _try in range(STARTING_TRIES):
            try:
                return self._pointed(verb, path, call)
            except Forbidden:
                if not self._is_starting():
                    raise
                self._sleep(STARTING_SECONDS)
        raise ServerFault(reason="Starting", retry_after=STARTING_SECONDS)

    def _pointed(self, verb: str, path: str, call: Callable[[], T]) -> T:
        self._guard()
        self._pace.breaker.check()
        self._pace.bucket.take()
        faults.point("cluster.before", verb=verb, path=path)
        try:
            with transport_error():
                answer = call()
        except ClusterError as error:
            self._pace.breaker.note(error)
            faults.point("cluster.after", verb=verb, path=path, error=error.code)
            raise
        self._pace.breaker.note(None)
        faults.point("cluster.after", verb=verb, path=path)
        return answer

    def _is_starting(self) -> bool:
        """Ask whether the server is ready; one that hides this counts as ready after a minute."""
        with transport_error():
            response = self._send("GET", READY, None, self._connection.read_seconds, gzip=False)
            body_read(response, self._connection.total_seconds)
        hidden = response.status in (401, 403)
        return response.status >= 500 or (hidden and self._pool.age_seconds < YOUNG_SECONDS)

    def _read_once(self, path: str, query: Query | None) -> bytes:
        response = self._send("GET", path, query, self._connection.read_seconds, gzip=True)
        self._status_check(response)
        return body_read(response, self._connection.total_seconds)

    def _send(
        self, method: str, path: str, query: Query | None, read_seconds: float, *, gzip: bool
    ) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
        headers["Accept-Encoding"] = "gzip" if gzip else "identity"
        if self._connection.credential.token:
            headers["Authorization"] = f"Bearer {self._connection.credential.token}"
        url = self._pool.prefix + path + (f"?{_encoded(query)}" if query else "")
        timeout = urllib3.Timeout(connect=self._connection.connect_seconds, read=read_seconds)
        return self._pool.request(method, url, headers=headers, timeout=timeout)

    def _write_once(
        self, method: str, path: str, body: Any, query: Query | None, content_type: str
    ) -> dict[str, Any]:
        prepared = self._official.param_serialize(
            method,
            path,
            query_params=[(k, _text(v)) for k, v in (query or {}).items()],
            header_params={"Accept": "application/json", "Content-Type": content_type},
            body=body,
            auth_settings=["BearerToken"],
        )
        seconds = (self._connection.connect_seconds, self._connection.read_seconds)
        try:
            answer = self._official.call_api(*prepared, _request_timeout=seconds)
        except ApiException as problem:  # the client's own word for a TLS failure
            raise ServerFault(reason="Transport", detail=str(problem.reason)) from None
        self._status_check(answer.response)
        return _object(body_read(answer.response, self._connection.total_seconds) or b"{}")

    def _status_check(self, response: urllib3.BaseHTTPResponse) -> None:
        if 200 <= response.status < 300:
            return
        body = body_read(response, self._connection.total_seconds)
        raise error_of(response.status, body, response.headers.get("Retry-After"))

    def _wait_seconds(self, error: ClusterError, tried: int) -> float | None:
        """How long to wait before reading again; None where another try can't help here."""
        if error.permanent or error.http_status == 410:
            return None
        asked = error.retry_after or 0.0
        if asked > RETRY_CAP_SECONDS:
            return None
        spread = random.uniform(0, RETRY_BASE_SECONDS * 2**tried)  # noqa: S311 (jitter)
        return asked + spread


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except msgspec.MsgspecError as problem:
        raise ServerFault(reason="BadJson", detail=str(problem)) from None
    if not isinstance(found, dict):
        raise ServerFault(reason="NotAnObject")
    return found


def _text(value: str | int | bool) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _encoded(query: Query) -> str:
    return urlencode({key: _text(value) for key, value in query.items()})
