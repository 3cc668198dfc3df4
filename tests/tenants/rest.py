"""A small REST client for tests: one call is one line."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client


@dataclass(frozen=True, slots=True)
class Rest:
    """Calls /api/v1/ as whoever the client is, or as a token."""

    client: Client
    token: str = ""

    def get(self, path: str, **query: Any) -> HttpResponse:
        """Read."""
        return self.client.get(f"/api/v1/{path}", query, headers=self._headers({}))  # type: ignore[return-value]

    def send(
        self, method: str, path: str, body: Any = None, *, key: str = "", match: str = "*"
    ) -> HttpResponse:
        """Write, with a fresh Idempotency-Key unless one is given."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex, "If-Match": match}
        return self.client.generic(  # type: ignore[return-value]
            method,
            f"/api/v1/{path}",
            b"" if body is None else _json(body),
            content_type="application/json",
            headers=self._headers(headers),
        )

    def post(self, path: str, body: Any = None, **more: Any) -> HttpResponse:
        """Make or do."""
        return self.send("POST", path, {} if body is None else body, **more)

    def patch(self, path: str, body: Any, **more: Any) -> HttpResponse:
        """Change."""
        return self.send("PATCH", path, body, **more)

    def delete(self, path: str, **more: Any) -> HttpResponse:
        """Remove."""
        return self.send("DELETE", path, **more)

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return headers | bearer


def _json(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()
