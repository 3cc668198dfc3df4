"""Allocations, their amounts and their jobs in words of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.joins import comma_join, list_join
from portal.ui.units import amount_text, resource_title
from scheduling.choices import AllocationKind, AllocationState, RunsAs
from scheduling.models import Allocation
from scheduling.selectors.fleet import resources_ordered

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

STATUS: Mapping[str, str] = {
    AllocationState.PLANNED: "wait",
    AllocationState.RESERVED: "busy",
    AllocationState.APPLYING: "busy",
    AllocationState.ACTIVE: "ok",
    AllocationState.DEGRADED: "warn",
    AllocationState.RELEASING: "busy",
    AllocationState.RELEASED: "off",
    AllocationState.FAILED: "danger",
}
ACTS: Mapping[str, tuple[str, StrOrPromise]] = {
    "allocation.plan": ("file-text", gettext_lazy("Planned")),
    "allocation.release": ("transfer", gettext_lazy("Release asked for")),
    "allocation.replace": ("switch-horizontal", gettext_lazy("New placement asked for")),
    "allocation.extend": ("calendar-plus", gettext_lazy("Extended")),
    "drift.choose": ("git-compare", gettext_lazy("Drift settled")),
}
# The moves of scheduling.services.moves.
MOVES: Mapping[str, StrOrPromise] = {
    "reserve": gettext_lazy("Quota reserved"),
    "bind": gettext_lazy("Quota bound"),
    "release": gettext_lazy("Quota releasing"),
    "credit": gettext_lazy("Quota given back"),
    "cancel": gettext_lazy("Reservation given back"),
}


def allocation_status(allocation: Allocation) -> tuple[str, StrOrPromise]:
    """Icon kind and word of an allocation's state."""
    return STATUS.get(allocation.state, "info"), AllocationState(allocation.state).label


def kind_words(allocation: Allocation) -> str:
    """What it is in two or three words."""
    if allocation.kind == AllocationKind.OPEN:
        return _("Open capacity")
    if allocation.runs_as == RunsAs.COMPLETION:
        return _("Workload, runs to completion")
    return _("Workload, service")


def amounts_words(amounts: Mapping[str, int]) -> str:
    """8 h100-sxm-80gb, 48 cores, 96 GiB."""
    return comma_join(amount_words(amounts[name], name) for name in resources_ordered(amounts))


def amount_words(amount: int, resource: str) -> str:
    """48 cores, 96 GiB, 8 H100."""
    text = amount_text(amount, resource)
    if resource == "cpu":
        return ngettext("%(number)s core", "%(number)s cores", 1 if text.number == "1" else 2) % {
            "number": text.number
        }
    return str(text) if text.unit else f"{text.number} {resource_title(resource)}"


def shape_words(allocation: Allocation) -> str:
    """4 × (2 H100, 8 cores, 64 GiB)."""
    return f"{allocation.replicas} × ({amounts_words(allocation.shape)})"


def act_words(verb: str) -> tuple[str, str]:
    """Icon and words of an audited act."""
    icon, text = ACTS.get(verb, ("point", verb))
    if verb.startswith("drift.") and verb not in ACTS:
        return "git-compare", _("Drift seen")
    return icon, str(text)


def _nodes(outcome: Mapping[str, Any]) -> str:
    found = [node["node"] if isinstance(node, dict) else str(node) for node in outcome["nodes"]]
    shown = list_join(found[:3])
    more = len(found) - 3
    return shown if more <= 0 else _("%(shown)s and %(more)s more") % {"shown": shown, "more": more}


def result_validate(outcome: Mapping[str, Any]) -> str:
    """What was checked again."""
    return _("still valid: %(amounts)s") % {"amounts": amounts_words(outcome.get("charged", {}))}


def result_place(outcome: Mapping[str, Any]) -> str:
    """Where."""
    count = len(outcome.get("nodes", ()))
    words = ngettext("quota and %(count)s node", "quota and %(count)s nodes", count)
    return _("%(what)s in one commit: %(nodes)s") % {
        "what": words % {"count": count},
        "nodes": _nodes(outcome),
    }


def result_namespace(outcome: Mapping[str, Any]) -> str:
    """What the cluster enforces now."""
    return _("quota of %(namespace)s confirmed by the cluster") % {
        "namespace": outcome.get("namespace", "")
    }


def result_object(outcome: Mapping[str, Any]) -> str:
    """What was made or deleted."""
    return str(outcome.get("object") or _("nothing to do on the cluster"))


def result_confirm(outcome: Mapping[str, Any]) -> str:
    """All there."""
    return _("running in %(namespace)s, quota bound") % {"namespace": outcome.get("namespace", "")}


def result_charged(outcome: Mapping[str, Any]) -> str:
    """What moved in the quota."""
    return amounts_words(outcome.get("charged") or {}) or _("nothing was reserved")


def result_nodes(outcome: Mapping[str, Any]) -> str:
    """Which nodes."""
    return _nodes(outcome) if outcome.get("nodes") else _("no other nodes needed")
