"""Requests in words of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.ui.units import moment_text
from tenants.approval import LINE_TITLES, RULE_TITLES, RuleAnswer
from tenants.choices_requests import RequestState
from tenants.models import CapacityRequest

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

EVENT_SENTENCES: Mapping[str, StrOrPromise] = {
    "draft": gettext_lazy("Draft made"),
    "edit": gettext_lazy("Draft changed"),
    "submit": gettext_lazy("Submitted for approval"),
    "rule": gettext_lazy("Approved by rule %(rule)s"),
    "claim": gettext_lazy("Taken into review"),
    "approve": gettext_lazy("Approved as asked"),
    "counter": gettext_lazy("Offered less"),
    "accept": gettext_lazy("Offer accepted"),
    "decline": gettext_lazy("Offer declined"),
    "reject": gettext_lazy("Rejected"),
    "withdraw": gettext_lazy("Withdrawn"),
    "expire": gettext_lazy("Expired: nobody decided in time"),
}
STATE_SENTENCES: Mapping[str, StrOrPromise] = {
    RequestState.DRAFT: gettext_lazy("This request is a draft. Submit it first."),
    RequestState.SUBMITTED: gettext_lazy("This request has been submitted and can't be edited."),
    RequestState.IN_REVIEW: gettext_lazy("%(who)s is reviewing this request."),
    RequestState.COUNTERED: gettext_lazy("%(who)s made an offer that the tenant has to answer."),
    RequestState.APPROVED: gettext_lazy("This request was approved by %(who)s at %(at)s."),
    RequestState.REJECTED: gettext_lazy("This request was rejected by %(who)s at %(at)s."),
    RequestState.WITHDRAWN: gettext_lazy("This request was withdrawn."),
    RequestState.EXPIRED: gettext_lazy("This request has expired. Clone it to ask again."),
}


def state_sentence(request: CapacityRequest) -> str:
    """What became of a request, for whoever wanted to do something else with it."""
    decider = request.decided_by_label or request.claimed_by_label
    who = _("rule %(rule)s") % {"rule": request.decided_rule} if request.decided_rule else decider
    return str(STATE_SENTENCES[request.state]) % {
        "who": who or _("an operator"),
        "at": moment_text(request.decided_at),
    }


def event_sentence(verb: str, params: Mapping[str, Any]) -> str:
    """What happened; the verb's code where nobody has named it."""
    return str(EVENT_SENTENCES.get(verb, verb)) % {"rule": params.get("rule", "")}


def rule_title(rule: str) -> str:
    """A rule by its id and words: "P-01 within guaranteed and size"."""
    return f"{rule} {RULE_TITLES[rule]}" if rule in RULE_TITLES else rule


def approval_sentence(answer: RuleAnswer) -> str:
    """Which rule would approve, or which line of it fails."""
    if answer.rule:
        return _("Would be approved by rule %(rule)s.") % {"rule": rule_title(answer.rule)}
    failed = answer.failed
    line = str(LINE_TITLES[failed.code]) if failed else ""
    if failed is not None and failed.code == "operator":
        return _("Needs approval: an operator decides about quota.")
    return _("Needs approval, because this does not hold: %(line)s.") % {"line": line}
