"""The one shape in which Berth says no (design, section 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from portal.viewer import Viewer

RULES: dict[str, StrOrPromise] = {}
Mask = Callable[["Refusal", "Viewer"], "Refusal"]
_masks: list[Mask] = []


def rule_register(code: str, title: StrOrPromise) -> str:
    """Name a rule once, beside the code that enforces it; return its code."""
    if code in RULES:
        msg = f"rule {code!r} is registered twice"
        raise ValueError(msg)
    RULES[code] = title
    return code


def mask_register(mask: Mask) -> None:
    """Take numbers out of refusals that a viewer may not read; each room for its own rules."""
    _masks.append(mask)


class GiveBack(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a plan: what `ref` of `scope` holds, and how much of that is needed.

    Amounts are in the base unit of the refusal's dimension; `why` says in words why it stands
    where it does in the plan.
    """

    ref: str
    scope: str
    amount: int
    needed: int
    why: str = ""
    url: str = ""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Why something was refused.

    Amounts are integers in the base unit of `dimension` (milli-cores, bytes, devices).
    `limit`, `now` and `short_by` are None where the viewer may not read the scope that refused,
    or where the rule has no number. `plan` is what would have to be given back, in this order,
    before the same may be asked again; empty where that is not the way.
    """

    rule: str
    scope: str
    dimension: str = ""
    limit: int | None = None
    now: int | None = None
    asked: int | None = None
    short_by: int | None = None
    who: str = ""
    next_step: str = ""
    next_url: str = ""
    plan: tuple[GiveBack, ...] = ()

    @property
    def title(self) -> str:
        """The rule in words of the active language."""
        return str(RULES.get(self.rule, gettext_lazy("Refused")))

    def sentence(self) -> str:
        """One sentence for places that have no room for the box."""
        return _("%(title)s refused this for %(scope)s.") % {
            "title": self.title,
            "scope": self.scope,
        }

    def said(self) -> Refusal:
        """A kept refusal in the active language: job rows keep who and what next in English."""
        words = {name: getattr(self, name) for name in ("who", "next_step")}
        spoken = {name: _(text) for name, text in words.items() if text}
        return msgspec.structs.replace(self, **spoken)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for REST answers, job rows and pages."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data | {"title": self.title}


def refusal_load(data: dict[str, Any]) -> Refusal:
    """Read back what `as_dict` wrote."""
    return msgspec.convert({k: v for k, v in data.items() if k != "title"}, Refusal)


def refusal_shown(refusal: Refusal, *, viewer: Viewer) -> Refusal:
    """A refusal as this viewer may read it."""
    for mask in _masks:
        refusal = mask(refusal, viewer)
    return refusal
