"""A small HTTPS client for the API server of a bed, on the standard library alone.

The adapter under test must not be the tool that checks it, so the bed brings its own.
"""

import http.client
import json
import ssl
import threading
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode, urlsplit

from deploy.testbed.errors import ApiError

TIMEOUT_SECONDS = 30.0
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
# JSON is YAML, so the body of an apply is written as JSON under the YAML content type.
APPLY_PATCH = "application/apply-patch+yaml"


class ApiClient:
    """Requests as one user; one kept connection per thread."""

    def __init__(
        self, *, server: str, ca_pem: bytes, token: str, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        address = urlsplit(server)
        self._host = address.hostname or ""
        self._port = address.port or 443
        self._token = token
        self._timeout = timeout
        self._tls = ssl.create_default_context(cadata=ca_pem.decode())
        self._local = threading.local()

    def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: dict[str, str] | None = None,
        content_type: str = JSON,
    ) -> dict[str, Any]:
        """Send one request and return the decoded object; raises ApiError from 400 up.

        OSError and http.client.HTTPException pass through: the server is away.
        """
        target = f"{path}?{urlencode(query)}" if query else path
        status, text = self._send(method, target, body, content_type)
        try:
            decoded = json.loads(text) if text else {}
        except ValueError:
            decoded = text.decode(errors="replace")  # a 429 and /readyz answer in plain text
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise ApiError(method=method, path=path, status=status, body=decoded)
        return decoded if isinstance(decoded, dict) else {"text": decoded}

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """GET an object or a list."""
        return self.request("GET", path, query=query)

    def create(self, path: str, body: object) -> dict[str, Any]:
        """POST an object to its collection."""
        return self.request("POST", path, body=body)

    def merge(self, path: str, body: object) -> dict[str, Any]:
        """PATCH by JSON merge (RFC 7396)."""
        return self.request("PATCH", path, body=body, content_type=MERGE_PATCH)

    def delete(self, path: str, body: object = None) -> dict[str, Any]:
        """DELETE one object."""
        return self.request("DELETE", path, body=body)

    def _send(self, method: str, target: str, body: object, content_type: str) -> tuple[int, bytes]:
        """Send once, and once more on a fresh connection where the kept one had been closed."""
        payload = None if body is None else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": JSON,
            "User-Agent": "berth-testbed",
        }
        if payload is not None:
            headers["Content-Type"] = content_type
        kept: http.client.HTTPSConnection | None = getattr(self._local, "connection", None)
        if kept is not None:
            try:
                return self._exchange(kept, method, target, payload, headers)
            except (http.client.RemoteDisconnected, ConnectionError):
                pass  # closed by the server while it lay unused
        return self._exchange(self._connect(), method, target, payload, headers)

    def _exchange(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        target: str,
        payload: bytes | None,
        headers: dict[str, str],
    ) -> tuple[int, bytes]:
        """One request and its answer; the connection is kept only after a whole exchange."""
        self._local.connection = None
        with ExitStack() as on_failure:
            on_failure.callback(connection.close)
            connection.request(method, target, body=payload, headers=headers)
            response = connection.getresponse()
            text = response.read()
            on_failure.pop_all()
        self._local.connection = connection
        return response.status, text

    def _connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._timeout, context=self._tls
        )
