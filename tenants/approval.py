"""The rules by which a request needs no operator. Pure.

A rule is a list of lines; all of them have to hold. The form shows the rule's id, or the first line
that fails with its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from scheduling.engine import Amounts, Check, Verdict, devices_first

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

WITHIN_SIZE = "P-01"
RENEW_SIZE = "P-02"
RULE_TITLES: Mapping[str, StrOrPromise] = {
    WITHIN_SIZE: _("within guaranteed and size"),
    RENEW_SIZE: _("renewal within size"),
}
LINE_TITLES: Mapping[str, StrOrPromise] = {
    "operator": _("An operator decides about quota"),
    "limits": _("Automatic approval is set for this pool"),
    "guaranteed": _("Within the guaranteed amount at every level"),
    "fits": _("Fits now"),
    "size": _("Within the size that needs no operator"),
}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One condition of a rule, with the numbers of the resource that failed it."""

    code: str
    ok: bool
    resource: str = ""
    limit: int | None = None
    asked: int | None = None


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """`rule` is the id of the rule that approves, "" where an operator has to."""

    rule: str
    lines: tuple[RuleLine, ...]

    @property
    def failed(self) -> RuleLine | None:
        """The first line that does not hold."""
        return next((line for line in self.lines if not line.ok), None)


def approve_by_rule(
    *, total: Amounts, quota: Sequence[Check], limits: Amounts | None, verdict: Verdict
) -> RuleAnswer:
    """Rule P-01 for an allocation.

    `quota` are the decision's checks of every level of the tree, `limits` the amounts up to which
    the tenant needs no operator in this pool (None where nobody set any; a resource that is not
    named has none).
    """
    lines = (
        RuleLine("limits", ok=limits is not None),
        _guaranteed_line(quota),
        RuleLine("fits", ok=verdict == Verdict.FITS),
        _size_line(total, limits or {}),
    )
    return RuleAnswer(WITHIN_SIZE if all(line.ok for line in lines) else "", lines)


def renew_by_rule(*, total: Amounts, limits: Amounts | None) -> RuleAnswer:
    """Rule P-02 for a renewal: what is held already would be approved by rule once more."""
    lines = (RuleLine("limits", ok=limits is not None), _size_line(total, limits or {}))
    return RuleAnswer(RENEW_SIZE if all(line.ok for line in lines) else "", lines)


def quota_by_rule() -> RuleAnswer:
    """Quota never changes by rule."""
    return RuleAnswer("", (RuleLine("operator", ok=False),))


def _guaranteed_line(quota: Sequence[Check]) -> RuleLine:
    failed = next((check for check in quota if not check.ok), None)
    if failed is None:
        return RuleLine("guaranteed", ok=True)
    asked = None if failed.now is None else failed.now + (failed.asked or 0)
    return RuleLine(
        "guaranteed", ok=False, resource=failed.resource, limit=failed.limit, asked=asked
    )


def _size_line(total: Amounts, limits: Amounts) -> RuleLine:
    for resource, asked in devices_first(total):
        limit = limits.get(resource, 0)
        if asked > limit:
            return RuleLine("size", ok=False, resource=resource, limit=limit, asked=asked)
    return RuleLine("size", ok=True)
