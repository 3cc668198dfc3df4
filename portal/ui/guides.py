"""A first task on a home page, step by step, until it is done.

An app registers a source for a place ("ops_home", "tenant_home"); it looks at facts alone, so that
a guide ends by itself. Without a source, or where it answers None, nothing is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from portal.viewer import Viewer

State = Literal["done", "now", "next"]


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One step in a few words."""

    title: StrOrPromise
    state: State


@dataclass(frozen=True, slots=True)
class Guide:
    """What to do now, and where; `steps` is the whole way."""

    title: StrOrPromise
    text: StrOrPromise
    steps: tuple[GuideStep, ...]
    action: StrOrPromise = ""
    url: str = ""


Source = Callable[["Viewer", "str | None"], "Guide | None"]
GUIDES: dict[str, Source] = {}


def guide_register(place: str, source: Source) -> None:
    """Fill a place; called from an app's ready()."""
    GUIDES[place] = source


def guide_for(*, place: str, viewer: Viewer, tenant_key: str | None = None) -> Guide | None:
    """The guide of a place for a viewer, if any."""
    source = GUIDES.get(place)
    return source(viewer, tenant_key) if source else None


def steps_at(titles: list[StrOrPromise], now: int) -> tuple[GuideStep, ...]:
    """Steps of which those before `now` are done."""
    return tuple(
        GuideStep(title, "done" if at < now else "now" if at == now else "next")
        for at, title in enumerate(titles)
    )
