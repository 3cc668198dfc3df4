"""What is done, in words: each verb of the audit log is named by the room that records it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NOTHING: Mapping[str, StrOrPromise] = MappingProxyType({})
ACTS: dict[str, StrOrPromise] = {}
OBJECTS: dict[str, StrOrPromise] = {}
# Acts that Berth decides by itself on what somebody asked for: the entry names that person.
BY_BERTH: set[str] = set()
BERTH = "Berth"
# How an act came, where no person did it in the browser; and those that Berth names itself.
WAYS: Mapping[str, StrOrPromise] = {
    "token": pgettext_lazy("by way of", "token"),
    "system": pgettext_lazy("by way of", "system"),
}
OWN_NAMES: Mapping[str, StrOrPromise] = {
    "berth": BERTH,
    "command line": pgettext_lazy("acts by itself", "command line"),
    "inventory": pgettext_lazy("acts by itself", "inventory"),
    "jobs": pgettext_lazy("acts by itself", "jobs"),
    "patrol": pgettext_lazy("acts by itself", "patrol"),
    "watcher": pgettext_lazy("acts by itself", "watcher"),
}


def acts_register(
    titles: Mapping[str, StrOrPromise],
    objects: Mapping[str, StrOrPromise] = NOTHING,
    *,
    by_berth: Collection[str] = (),
) -> None:
    """Name acts by their verbs ("pool.create": "Pool created") and kinds of objects; each once.

    `by_berth` are those of these verbs that Berth does itself, on the right of whoever asked.
    """
    twice = sorted(titles.keys() & ACTS.keys() | objects.keys() & OBJECTS.keys())
    if twice:
        msg = f"acts or objects {twice} are registered twice"
        raise ValueError(msg)
    ACTS.update(titles)
    OBJECTS.update(objects)
    BY_BERTH.update(by_berth)


def act_title(verb: str) -> str:
    """What was done; the verb's code where another version of Berth recorded it."""
    return str(ACTS.get(verb, verb))


def object_title(kind: str) -> str:
    """The kind of what was acted on; its code where nobody named it, as Kubernetes' own kinds."""
    return str(OBJECTS.get(kind, kind))


def objects_titled(text: str) -> list[str]:
    """The kinds that somebody means by these words, or by the code."""
    wanted = text.strip().casefold()
    return [text, *(kind for kind, title in OBJECTS.items() if str(title).casefold() == wanted)]


def actor_title(label: str, kind: str, verb: str = "") -> str:
    """Who did it: a person's or a token's own name; a part of Berth in words."""
    if verb in BY_BERTH:
        return BERTH
    return str(OWN_NAMES.get(label, label)) if kind == "system" else label


def way_title(kind: str, verb: str) -> str:
    """By way of what, where it was not a person in the browser; empty for those."""
    return "" if kind == "user" or verb in BY_BERTH else str(WAYS.get(kind, kind))
