"""A short way to call the API in tests: JSON in, answer out, a new key for every write."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.test import Client


@dataclass
class Api:
    """One caller."""

    client: Client

    def __call__(
        self, method: str, path: str, body: Any = None, *, key: str | None = "", **headers: str
    ) -> Any:
        """Call `path` below /api/v1/; key="" draws a new Idempotency-Key, None sends none."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if method != "GET" and key is not None:
            sent["Idempotency-Key"] = key or uuid.uuid4().hex
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.generic(
            method,
            f"/api/v1/{path}",
            data=b"" if body is None else data,
            content_type="application/json",
            headers=sent,
        )
