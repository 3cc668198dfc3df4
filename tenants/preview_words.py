"""A preview in words: the verdict, one sentence on the open check, and a line for each check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.ui.units import amount_text, resource_title
from scheduling.engine import Check
from scheduling.selectors.devices import PLAIN
from scheduling.selectors.fleet import resources_ordered
from tenants.approval import LINE_TITLES, RENEW_SIZE, RULE_TITLES, WITHIN_SIZE, RuleLine
from tenants.choices_requests import RequestKind, RequestVerdict
from tenants.previews import RequestPreview

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

VERDICT_KINDS: Mapping[str, str] = {
    RequestVerdict.FITS_NOW: "ok",
    RequestVerdict.FITS_NEEDS_APPROVAL: "ok",
    RequestVerdict.MUST_WAIT: "wait",
    RequestVerdict.CANNOT_FIT: "danger",
}
# What an allocation's verdict is called; quota and renewals place nothing, so nothing "fits".
VERDICT_TITLES: Mapping[str, StrOrPromise] = {
    RequestVerdict.FITS_NOW: gettext_lazy("Fits now, approved by rule"),
    RequestVerdict.FITS_NEEDS_APPROVAL: gettext_lazy("Fits now, needs approval"),
    RequestVerdict.MUST_WAIT: gettext_lazy("Must wait"),
    RequestVerdict.CANNOT_FIT: gettext_lazy("Cannot fit as asked"),
}
OTHER_TITLES: Mapping[str, StrOrPromise] = {
    RequestVerdict.FITS_NOW: gettext_lazy("Possible, approved by rule"),
    RequestVerdict.FITS_NEEDS_APPROVAL: gettext_lazy("Possible, needs approval"),
    RequestVerdict.MUST_WAIT: gettext_lazy("Must wait"),
    RequestVerdict.CANNOT_FIT: gettext_lazy("Not possible as asked"),
}
# As a chip of at most three words: text, tone, icon.
VERDICT_CHIPS: Mapping[str, tuple[StrOrPromise, str, str]] = {
    RequestVerdict.FITS_NOW: (gettext_lazy("Fits now"), "ok", "circle-check"),
    RequestVerdict.FITS_NEEDS_APPROVAL: (gettext_lazy("Fits now"), "ok", "circle-check"),
    RequestVerdict.MUST_WAIT: (gettext_lazy("Must wait"), "warn", "hourglass"),
    RequestVerdict.CANNOT_FIT: (gettext_lazy("Cannot fit"), "danger", "circle-x"),
}


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One row of <c-checks>."""

    state: str
    text: str
    number: str
    rule: str = ""


def verdict_title(preview: RequestPreview) -> str:
    """The verdict as a heading."""
    titles = VERDICT_TITLES if preview.kind == RequestKind.ALLOCATION else OTHER_TITLES
    return str(titles[preview.verdict])


def verdict_sentence(preview: RequestPreview, *, pool: str) -> str:
    """One sentence that names what is open, with its numbers where the viewer may know them."""
    unmet = next((check for check in preview.checks if not check.ok), None)
    if unmet is not None:
        return _unmet_sentence(unmet, pool)
    if preview.rule.rule:
        rule = f"{preview.rule.rule} ({RULE_TITLES[preview.rule.rule]})"
        return _("Rule %(rule)s approves it at once.") % {"rule": rule}
    failed = preview.rule.failed
    return _line_sentence(failed, _rule_tried(preview)) if failed else ""


def check_rows(preview: RequestPreview, *, pool: str, tenant: str = "") -> list[CheckRow]:
    """The checks in their order, one line for each level and rule, and the rule of approval last.

    A line shows the resource that fails, else the device, else the processor. `tenant` is named
    to whoever reads about another's.
    """
    groups: dict[tuple[str, str], list[Check]] = {}
    for check in preview.checks:
        groups.setdefault((check.rule, check.scope), []).append(check)
    rows = [_row(_foremost(checks), pool, tenant) for checks in groups.values()]
    return [*rows, _rule_row(preview)]


def amount_words(value: int | None, resource: str) -> str:
    """12 H100, 48 cores, 96 GiB."""
    text = amount_text(value, resource)
    return f"{text.number} {text.unit or resource_title(resource)}"


def counted_words(value: int | None, resource: str) -> str:
    """12 × H100 80 GB: in a sentence a bare number beside a name with numbers is hard to read."""
    text = amount_text(value, resource)
    return str(text) if text.unit else f"{text.number} × {resource_title(resource)}"


def of_words(first: int, second: int, resource: str) -> str:
    """8 of 12 H100."""
    return _("%(first)s of %(second)s") % {
        "first": amount_text(first, resource).number,
        "second": amount_words(second, resource),
    }


def _foremost(checks: Sequence[Check]) -> Check:
    failed = next((check for check in checks if not check.ok), None)
    if failed is not None:
        return failed
    order = resources_ordered(check.resource for check in checks)
    return min(checks, key=lambda c: order.index(c.resource) if c.resource in order else 99)


def _row(check: Check, pool: str, tenant: str) -> CheckRow:
    return CheckRow("ok" if check.ok else "refused", _text(check, pool, tenant), _number(check))


def _text(check: Check, pool: str, tenant: str) -> str:
    above = _("Cap of %(scope)s") if tenant else _("Cap of %(scope)s, above you")
    texts = {
        "quota.cap": _("Cap of %(tenant)s in %(pool)s") if tenant else _("Your cap in %(pool)s"),
        "quota.parent": above if check.scope else _("Cap of the tenants above you"),
        "room": _("Room in %(pool)s"),
        "room.node": _("Size of a node in %(pool)s"),
        "quota.in-use": _("No less than is allocated"),
        "quota.children": _children_text(check),
    }
    return texts.get(check.rule, check.rule) % {
        "pool": pool,
        "scope": check.scope,
        "tenant": tenant,
    }


def _children_text(check: Check) -> str:
    if check.scope and check.limit == check.asked:
        return _("No less than the tenants below are guaranteed")
    return (
        _("With its siblings within what %(scope)s is guaranteed")
        if check.scope
        else _("With its siblings within what the parent is guaranteed")
    )


def _number(check: Check) -> str:
    if check.rule == "room":
        if check.ok:
            return _("has room")
        return _("%(fit)s of %(asked)s replicas") % {"fit": check.limit, "asked": check.asked}
    if check.rule == "room.node":
        return of_words(check.asked or 0, check.limit or 0, check.resource)
    if check.limit is None or check.now is None:
        return _("has room") if check.ok else _("not enough")
    if check.rule.startswith("quota.") and check.limit == check.asked:
        return of_words(check.now, check.limit, check.resource)
    return of_words(check.now + (check.asked or 0), check.limit, check.resource)


def _rule_row(preview: RequestPreview) -> CheckRow:
    rule = preview.rule.rule
    if rule:
        return CheckRow("ok", str(RULE_TITLES[rule]), _("no operator needed"), rule)
    failed = preview.rule.failed
    rule = _rule_tried(preview)
    if failed is None or failed.code in ("fits", "guaranteed"):
        return CheckRow("open", _("not by rule: an operator decides"), "", rule)
    if failed.code == "operator":
        return CheckRow("open", str(LINE_TITLES["operator"]), "")
    number = _("no automatic limit")
    if failed.code == "size":
        number = _over_words(failed)
    return CheckRow("open", _("an operator decides"), number, rule)


def _rule_tried(preview: RequestPreview) -> str:
    return RENEW_SIZE if preview.kind == RequestKind.RENEW else WITHIN_SIZE


def _over_words(line: RuleLine) -> str:
    return _("%(asked)s, limit %(limit)s") % {
        "asked": amount_words(line.asked, line.resource),
        "limit": amount_text(line.limit, line.resource).number,
    }


def _line_sentence(line: RuleLine, rule: str) -> str:
    if line.code == "size":
        return _(
            "Rule %(rule)s does not hold: %(asked)s is above the %(limit)s that need no operator."
        ) % {
            "rule": rule,
            "asked": counted_words(line.asked, line.resource),
            "limit": counted_words(line.limit, line.resource),
        }
    if line.code == "limits":
        return _("An operator decides: this pool has no automatic approval.")
    return _("An operator decides about quota.")


def _unmet_sentence(check: Check, pool: str) -> str:
    words = {"pool": pool, "scope": check.scope, "resource": resource_title(check.resource)}
    if check.rule == "room.node":
        return _size_sentence(check, pool)
    if check.rule == "room":
        counts = {**words, "fit": check.limit or 0, "asked": check.asked or 0}
        if not check.limit and check.resource:
            none = _("Not one replica fits: no node of %(pool)s has that much %(resource)s free.")
            return none % words
        return (
            ngettext(
                "%(asked)s replica is asked for and %(fit)s fits in %(pool)s now.",
                "%(asked)s replicas are asked for and %(fit)s fit in %(pool)s now.",
                check.asked or 0,
            )
            % counts
        )
    if check.limit is None or check.now is None:
        return _("A tenant above you does not have enough %(resource)s for this.") % words
    return _("%(asked)s and %(now)s so far are more than %(limit)s: short by %(short)s.") % {
        "asked": counted_words(check.asked, check.resource),
        "now": amount_text(check.now, check.resource).number,
        "limit": amount_text(check.limit, check.resource).number,
        "short": counted_words(check.short_by, check.resource),
    }


def _size_sentence(check: Check, pool: str) -> str:
    """Of processor and memory a node gives less than it has: other pods are on it, too."""
    words = {"pool": pool, "most": counted_words(check.limit, check.resource)}
    if check.resource in PLAIN:
        return (
            _(
                "It never fits: no node of %(pool)s has more than %(most)s. Ask for less per"
                " replica, and for more replicas."
            )
            % words
        )
    return (
        _(
            "It never fits: no node of %(pool)s has more than %(most)s. Ask for at most that many"
            " per replica, and for more replicas."
        )
        % words
    )
