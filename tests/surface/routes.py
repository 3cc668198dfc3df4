"""Every address of the program, from the resolver: what the table has to have a row for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
NAMED = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>")


@dataclass(frozen=True, slots=True)
class Route:
    """One address with its placeholders. `name` is unique; one without a name has its pattern."""

    name: str
    pattern: str
    places: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        """Whether programs ask here, with tokens and problem details."""
        return self.pattern.startswith("api/v1/")

    def path(self, values: dict[str, Any]) -> str:
        """The address with values for its placeholders."""
        if self.name == self.pattern:
            return f"/{self.pattern}"
        return reverse(self.name, kwargs={place: values[place] for place in self.places})


def routes_all() -> list[Route]:
    """All of them; two of one name would hide each other, so that fails."""
    found = [_route(pattern, name) for pattern, name in _walk(get_resolver().url_patterns, "")]
    names = [route.name for route in found]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, f"several addresses are called {twice}"
    return found


def _route(pattern: str, name: str | None) -> Route:
    places = tuple(first or second for first, second in NAMED.findall(pattern))
    return Route(name or pattern, pattern, places)


def _walk(entries: Any, prefix: str) -> Iterator[tuple[str, str | None]]:
    for entry in entries:
        path = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, path)
        elif isinstance(entry, URLPattern):
            yield path, entry.name
