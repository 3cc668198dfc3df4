"""What is done, in words: each verb of the audit log is named by the room that records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ACTS: dict[str, StrOrPromise] = {}


def acts_register(titles: Mapping[str, StrOrPromise]) -> None:
    """Name acts by their verbs ("pool.create": "Pool created"); each verb once."""
    twice = sorted(titles.keys() & ACTS.keys())
    if twice:
        msg = f"acts {twice} are registered twice"
        raise ValueError(msg)
    ACTS.update(titles)


def act_title(verb: str) -> str:
    """What was done; the verb's code where another version of Berth recorded it."""
    return str(ACTS.get(verb, verb))
