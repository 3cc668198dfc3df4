"""Requests as their pages show them: states, sizes, facts and history in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.acts import BERTH
from portal.joins import colon_join, comma_join, list_join
from portal.ui.units import amount_text, moment_text, resource_title
from scheduling.choices import AllocationKind, RunsAs
from scheduling.selectors.fleet import resources_ordered
from scheduling.words import amount_words, amounts_words
from tenants.choices_requests import RequestKind, RequestStage, RequestState
from tenants.models import CapacityRequest, RequestEvent
from tenants.offers import Terms, terms_total
from tenants.request_words import event_sentence, rule_title
from tenants.selectors.requests import request_terms, request_terms_granted

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from tenants.services.requests import RequestInput

STATUS: Mapping[str, tuple[str, StrOrPromise]] = {
    RequestState.DRAFT: ("off", RequestState.DRAFT.label),
    RequestState.SUBMITTED: ("wait", gettext_lazy("Waits for a decision")),
    RequestState.IN_REVIEW: ("busy", RequestState.IN_REVIEW.label),
    RequestState.COUNTERED: ("warn", RequestState.COUNTERED.label),
    RequestState.REJECTED: ("danger", RequestState.REJECTED.label),
    RequestState.WITHDRAWN: ("off", RequestState.WITHDRAWN.label),
    RequestState.EXPIRED: ("off", RequestState.EXPIRED.label),
    RequestStage.SCHEDULED: ("wait", gettext_lazy("Approved, starts later")),
    RequestStage.FULFILLING: ("busy", gettext_lazy("Approved, being fulfilled")),
    RequestStage.FULFILLED: ("ok", gettext_lazy("Approved, fulfilled")),
    RequestStage.FAILED: ("danger", gettext_lazy("Approved, then failed")),
}
EVENT_ICONS: Mapping[str, str] = {
    "draft": "pencil",
    "edit": "pencil",
    "submit": "send",
    "rule": "shield-check",
    "claim": "eye",
    "approve": "circle-check",
    "counter": "message",
    "accept": "circle-check",
    "decline": "arrow-back-up",
    "reject": "circle-x",
    "withdraw": "arrow-back-up",
    "expire": "clock-exclamation",
}


@dataclass(frozen=True, slots=True)
class Headline:
    """The one amount that says how large a request is."""

    number: str
    unit: str
    shape: str


def request_status(request: CapacityRequest) -> tuple[str, StrOrPromise]:
    """Icon kind and word; for an approved request, how far it has come."""
    stage = getattr(request, "stage", "") or RequestStage.FULFILLING
    return STATUS[stage if request.state == RequestState.APPROVED else request.state]


def what_words(request: CapacityRequest) -> str:
    """What it is: "Workload train", "Quota in h100", "More time for A-12"."""
    ask = request.ask
    if request.kind == RequestKind.QUOTA:
        return _("Quota in %(pool)s") % {"pool": ask.get("pool") or "–"}
    if request.kind == RequestKind.RENEW:
        return _("More time for %(what)s") % {"what": f"A-{ask.get('allocation', '–')}"}
    open_ = ask.get("kind") == AllocationKind.OPEN
    kind = _("Open capacity") if open_ else _("Workload")
    return f"{kind} {ask.get('name') or '–'}"


def size_words(kind: str, terms: Terms) -> str:
    """All of it: "8 H100, 32 cores, 256 GiB"; for a renewal its end."""
    if kind == RequestKind.RENEW:
        return end_words(terms.until_at)
    return amounts_words(terms_total(kind, terms)) or "–"


def shape_words(kind: str, terms: Terms) -> str:
    """How it is made up: "2 × 4 H100"."""
    shape = terms.ask.get("shape") or {}
    if kind != RequestKind.ALLOCATION or not shape:
        return ""
    first = resources_ordered(name for name in shape if shape[name])[:1]
    each = amount_words(shape[first[0]], first[0]) if first else "–"
    return f"{terms.ask.get('replicas', '–')} × {each}"


def headline(kind: str, terms: Terms) -> Headline:
    """The first amount in the order in which people ask: devices, processor, memory."""
    if kind == RequestKind.RENEW:
        return Headline(end_words(terms.until_at), "", _("more time"))
    total = terms_total(kind, terms)
    names = resources_ordered(name for name in total if total[name] or kind == RequestKind.QUOTA)
    if not names:
        return Headline("–", "", "")
    text = amount_text(total[names[0]], names[0])
    shape = shape_words(kind, terms) if kind == RequestKind.ALLOCATION else _("guaranteed")
    return Headline(text.number, text.unit or resource_title(names[0]), shape)


def end_words(until_at: datetime | None) -> str:
    """The moment at which it ends, or that there is no end."""
    if until_at is None:
        return _("no end")
    return _("to %(moment)s") % {"moment": moment_text(until_at, "minute")}


def facts(request: CapacityRequest) -> list[tuple[str, str]]:
    """What was asked for, name and value; nothing that was left out."""
    asked = request_terms(request)
    rows = [(_("Pool"), request.ask.get("pool"))]
    if request.kind != RequestKind.RENEW:
        rows.append((_("Size"), size_words(request.kind, asked)))
    if request.kind == RequestKind.ALLOCATION:
        rows += [*_workload_facts(request.ask), *_terms_facts(request)]
    if request.kind != RequestKind.QUOTA:
        rows.append((_("Ends"), end_words(request.until_at)))
    return [(name, str(value)) for name, value in rows if value]


def _workload_facts(ask: Mapping[str, Any]) -> list[tuple[str, Any]]:
    spec = ask.get("spec") or {}
    service = ask.get("kind") != AllocationKind.OPEN and ask.get("runs_as") in RunsAs.values
    return [
        (_("Made up of"), shape_words(RequestKind.ALLOCATION, Terms(ask, None))),
        (_("Cluster"), ask.get("cluster") or _("any")),
        (_("Runs as"), RunsAs(ask["runs_as"]).label if service else None),
        (_("Image"), spec.get("image")),
        (_("Command"), " ".join([*spec.get("command", []), *spec.get("args", [])])),
        (_("Environment"), list_join(sorted(spec.get("env", {})))),
        (_("Ports"), list_join(map(str, spec.get("ports", [])))),
        (_("Agreed to"), _consent_words(ask.get("consent") or {})),
    ]


def _terms_facts(request: CapacityRequest) -> list[tuple[str, Any]]:
    start = moment_text(request.start_at, "minute") if request.start_at else _("when approved")
    return [
        (_("Priority"), request.get_priority_display()),
        (_("May be preempted"), _("yes") if request.preemptible else _("no")),
        (_("Start"), start),
    ]


def timeline(events: list[RequestEvent]) -> list[dict[str, Any]]:
    """History for <c-activity>, newest first."""
    return [
        {
            "at": event.at,
            "icon": EVENT_ICONS.get(event.verb, "point"),
            "text": _event_text(event),
            "who": BERTH if event.verb == "rule" else event.actor_label,
        }
        for event in reversed(events)
    ]


def offer_rows(request: CapacityRequest) -> list[tuple[str, str, str]]:
    """What is offered beside what was asked: (name, asked, offered), only what differs."""
    asked, offered = request_terms(request), request_terms_granted(request)
    before, after = terms_total(request.kind, asked), terms_total(request.kind, offered)
    rows = [
        (
            resource_title(name),
            amount_words(before[name], name),
            amount_words(after.get(name, 0), name),
        )
        for name in resources_ordered(before)
        if before[name] != after.get(name, 0)
    ]
    shapes = shape_words(request.kind, asked), shape_words(request.kind, offered)
    if shapes[0] != shapes[1]:
        rows.insert(0, (_("Made up of"), *shapes))
    if asked.until_at != offered.until_at:
        rows.append((_("Ends"), end_words(asked.until_at), end_words(offered.until_at)))
    return rows


def decided_words(request: CapacityRequest) -> str:
    """Who decided: a rule by its words, else the person."""
    return rule_title(request.decided_rule) if request.decided_rule else request.decided_by_label


def body_of(tenant_key: str, data: RequestInput) -> str:
    """The body of the REST call that makes the same request and submits it."""
    sent = {"tenant": tenant_key, **asdict(data), "submit": True}
    kept = {name: value for name, value in sent.items() if value not in (None, "", False)}
    for name in ("start_at", "until_at", "deadline_at"):
        if name in kept:
            kept[name] = kept[name].isoformat(timespec="seconds")
    return json.dumps(kept, ensure_ascii=False, indent=2)


def body_again(found: CapacityRequest, *, now: datetime) -> str:
    """The body that asks for the same again, without times that have passed; a draft's terms."""
    times = {name: getattr(found, name) for name in ("start_at", "until_at", "deadline_at")}
    ahead = {
        name: at.isoformat(timespec="seconds") for name, at in times.items() if at and at > now
    }
    again = {"tenant": found.tenant_id, "kind": found.kind, "submit": True}
    sent = {
        **({} if found.state == RequestState.DRAFT else again),
        "ask": found.ask,
        **ahead,
        "priority": found.priority,
        "preemptible": found.preemptible,
        "justification": found.justification,
    }
    return json.dumps(sent, ensure_ascii=False, indent=2)


def _event_text(event: RequestEvent) -> str:
    reason = event.params.get("reason", "")
    text = event_sentence(event.verb, event.params)
    return colon_join(text, reason) if reason else text


def _consent_words(consent: Mapping[str, bool]) -> str:
    words = {
        "evict": _("end pods that still run when it is released"),
        "rerun": _("run again from the start if a node is lost"),
    }
    return comma_join(words[name] for name in words if consent.get(name))
