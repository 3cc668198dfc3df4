"""Connections to one API server that go to a checked address and nowhere else."""

from __future__ import annotations

import ssl
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from inventory.k8s.connection import Connection
from inventory.k8s.errors import Unreachable, Untrusted
from portal.errors import BerthError
from portal.outbound import OutboundPolicy, target_parse

POOL_SIZE = 10


def tls_context(connection: Connection) -> ssl.SSLContext:
    """A context that trusts the given CA alone (the system's where none is given)."""
    try:
        context = ssl.create_default_context(cadata=connection.ca_pem or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        credential = connection.credential
        if credential.client_cert_pem:
            # The ssl module reads a key from a file only; this one is private and gone at once.
            with tempfile.NamedTemporaryFile(prefix="berth-", suffix=".pem") as file:
                file.write(f"{credential.client_cert_pem}\n{credential.client_key_pem}".encode())
                file.flush()
                context.load_cert_chain(file.name)
    except ssl.SSLError as problem:
        raise Untrusted(reason="BadCertificate", detail=str(problem)) from None
    return context


class PinnedPool:
    """A pool for one server. Has the `request` and `clear` that the official client asks of it.

    The name is resolved and judged when the pool is opened, and again after a connection has
    failed, so a server that moves is found anew and never unchecked.
    """

    def __init__(self, connection: Connection, policy: OutboundPolicy) -> None:
        self._target = target_parse(connection.server)
        self._name = connection.tls_server_name or self._target.host
        self._policy = policy
        self._context = tls_context(connection)
        self._lock = threading.Lock()
        self._pool: urllib3.HTTPSConnectionPool | None = None
        self._opened_at = 0.0
        host = f"[{self._target.host}]" if ":" in self._target.host else self._target.host
        self._host_header = f"{host}:{self._target.port}"

    @property
    def prefix(self) -> str:
        """The path under which the API lives, often empty."""
        return self._target.path

    @property
    def age_seconds(self) -> float:
        """For how long the server has been there without a break."""
        return time.monotonic() - self._opened_at

    def _open(self) -> urllib3.HTTPSConnectionPool:
        with self._lock:
            if self._pool is None:
                try:
                    address = self._policy.check(self._target.host, self._target.port)
                except BerthError as problem:
                    unreachable = Unreachable(reason=problem.code)
                    unreachable.permanent = problem.permanent
                    raise unreachable from None
                self._opened_at = time.monotonic()
                self._pool = urllib3.HTTPSConnectionPool(
                    address,
                    self._target.port,
                    maxsize=POOL_SIZE,
                    ssl_context=self._context,
                    server_hostname=self._name,
                )
            return self._pool

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout: urllib3.Timeout,
        body: str | bytes | None = None,
        **_ignored: Any,
    ) -> urllib3.BaseHTTPResponse:
        """Send one request and return its unread answer; nothing is retried or redirected."""
        parts = urlsplit(url)
        pool = self._open()
        try:
            return pool.urlopen(
                method,
                f"{parts.path}?{parts.query}" if parts.query else parts.path,
                body=body,
                headers={**headers, "Host": self._host_header},
                retries=False,
                redirect=False,
                timeout=timeout,
                preload_content=False,
                decode_content=True,
            )
        except HTTPError:
            self._drop(pool)
            raise

    def clear(self) -> None:
        """Drop all connections; the next call resolves the name again."""
        if self._pool is not None:
            self._drop(self._pool)

    def _drop(self, pool: urllib3.HTTPSConnectionPool) -> None:
        """Drop a pool, and not the one that another thread has opened since."""
        with self._lock:
            if self._pool is pool:
                self._pool = None
        pool.close()
