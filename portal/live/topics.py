"""Which topics exist, and who may hear of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.viewer import Viewer

MaySubscribe = Callable[[Viewer, str], bool]
Snapshot = Callable[[Viewer, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Topic:
    """A family of topics: "job:17" belongs to "job". "queue" alone is a topic without an id."""

    prefix: str
    may_subscribe: MaySubscribe
    snapshot: Snapshot | None = None


_topics: dict[str, Topic] = {}


def register(prefix: str, may_subscribe: MaySubscribe, snapshot: Snapshot | None = None) -> None:
    """Make "prefix:id" known; called once for each prefix, from an app's `ready`.

    `may_subscribe(viewer, id)` runs inside `scope(viewer)` and may query; `id` is the text the
    browser sent (at most 100 letters, digits, "_", "." and "-"), "" for a topic without one. It
    answers False for what the viewer may not know of. `snapshot` adds small facts to the answer.
    """
    if prefix in _topics:
        msg = f"topic {prefix!r} is registered twice"
        raise ValueError(msg)
    _topics[prefix] = Topic(prefix, may_subscribe, snapshot)


def topic_find(topic: str) -> tuple[Topic, str] | None:
    """The family of a topic and its id; None for one that nobody registered."""
    prefix, _colon, ident = topic.partition(":")
    found = _topics.get(prefix)
    return (found, ident) if found else None


def topic_prefixes() -> frozenset[str]:
    """Every registered prefix."""
    return frozenset(_topics)


def own_user(viewer: Viewer, ident: str) -> bool:
    """The topic "user:<id>" is for that person alone."""
    return viewer.user_id is not None and ident == str(viewer.user_id)


register("user", own_user)
