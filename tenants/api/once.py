"""Answers that show a secret once."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response


class OnceResponse(Response):
    """Adds `once` to the body only as it is written to the wire.

    The stored answer of an Idempotency-Key is made from `data`: it holds None in those places, so
    a secret is kept nowhere and a repeated request doesn't show it again.
    """

    def __init__(self, data: dict[str, Any], *, once: dict[str, Any], status: int) -> None:
        super().__init__(data | dict.fromkeys(once), status=status)
        self.once = once

    @property
    def rendered_content(self) -> Any:
        """The body as sent."""
        kept = self.data
        self.data = {**kept, **self.once}
        try:
            return super().rendered_content
        finally:
            self.data = kept
