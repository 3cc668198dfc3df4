"""The kinds of notice that this installation knows, in words that are translated when read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """One kind. `title` and `text` are lazy sentences with named placeholders ("%(name)s").

    `label` names the kind where a person chooses how to be told; `bell` and `email` are the
    choice of somebody who has not chosen. `verb` is a right on the platform that everybody has who
    is told of it: others are not offered the choice.
    """

    code: str
    label: StrOrPromise
    title: StrOrPromise
    text: StrOrPromise = ""
    bell: bool = True
    email: bool = False
    verb: str = ""


_kinds: dict[str, NoticeKind] = {}


def register(kind: NoticeKind) -> None:
    """Make a kind known; called once for each, from an app's `ready`."""
    if kind.code in _kinds:
        msg = f"notice kind {kind.code!r} is registered twice"
        raise ValueError(msg)
    _kinds[kind.code] = kind


def kind_find(code: str) -> NoticeKind | None:
    """The kind with this code; None for one of another version."""
    return _kinds.get(code)


def kinds_all() -> list[NoticeKind]:
    """Every kind, those of one subject together and in the order of their registration."""
    return sorted(_kinds.values(), key=lambda kind: kind.code.partition(".")[0])


def sentence(template: StrOrPromise, params: Mapping[str, Any]) -> str:
    """Fill a sentence; a placeholder without a value shows as itself instead of failing."""
    return str(template) % _Params(params)


class _Params(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"
