"""Why nodes took nothing of an ask, in words: for previews, and for what waits or stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.joins import list_join
from portal.ui.units import resource_title

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_NAMES = 4
# The codes of scheduling.engine.decide and scheduling.selectors.snapshot; what a person can do
# something about first.
WORDS: Mapping[str, StrOrPromise] = {
    "no-room": _("not enough free"),
    "over-committed": _("more promised than there is"),
    "not-ready": _("not ready"),
    "cordoned": _("cordoned"),
    "tainted": _("a taint that the pool does not tolerate"),
    "avoided": _("can’t serve it"),
    "unreachable": _("the cluster is silent"),
    "credential-expired": _("the cluster’s credential has expired"),
    "not-connected": _("the cluster is not connected yet"),
    "paused": _("the cluster is paused"),
    "removing": _("the cluster is being removed"),
    "unknown-cluster": _("the cluster takes nothing"),
    "other-cluster": _("in another cluster than was asked for"),
    "not-needed": _("free, and not needed"),
    "has-room": _("has room"),
}
ORDER = {code: place for place, code in enumerate(WORDS)}


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """Nodes that took nothing for one reason; `names` are some of them, "" where none is known."""

    words: str
    count: int
    names: str = ""
    more: int = 0


def refused_counted(counts: Mapping[str, int]) -> list[RefusedRow]:
    """A row for each code with its number of nodes."""
    return [RefusedRow(_said(code), counts[code]) for code in sorted(counts, key=_place)]


def refused_named(refusals: Iterable[Mapping[str, Any]]) -> list[RefusedRow]:
    """A row for each reason of an explain record's `refused`, with names of nodes."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for refusal in refusals:
        found[refusal["code"], refusal.get("resource", "")].append(str(refusal["node"]))
    return [
        RefusedRow(
            _said(code, resource),
            len(names),
            list_join(names[:MOST_NAMES]),
            max(0, len(names) - MOST_NAMES),
        )
        for (code, resource), names in sorted(
            found.items(), key=lambda part: (_place(part[0][0]), part[0][1])
        )
    ]


def _place(code: str) -> tuple[int, str]:
    return ORDER.get(code, len(ORDER)), code


def _said(code: str, resource: str = "") -> str:
    if code == "no-room" and resource:
        return gettext("not enough %(resource)s free") % {"resource": resource_title(resource)}
    return str(WORDS.get(code, code))
