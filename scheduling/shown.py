"""An allocation as its page shows it: nodes, sums of quota, drift, the way to connect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory import labels
from portal.acts import actor_title
from portal.joins import list_join
from portal.ui.html import number_html
from portal.ui.strips import Strip
from portal.ui.units import amount_text, resource_title
from portal.viewer import Viewer
from scheduling.charts import node_strip
from scheduling.choices import AllocationKind, AllocationState, DriftKind, RunsAs
from scheduling.models import Allocation
from scheduling.selectors.allocation_list import HeldNode, QuotaEffect, held_nodes, pods_by_node
from scheduling.selectors.fleet import devices_in, resources_ordered
from scheduling.services.drift import CHOICES
from scheduling.words import act_words

if TYPE_CHECKING:
    from portal.models import AuditEntry

MOST_DIGITS = 2  # fit into a cell
CHOICE_WORDS = {
    "restore": gettext_lazy("Restore what Berth wrote"),
    "accept": gettext_lazy("Accept what the cluster has"),
}
HeldWords = dict[bool, Any]
HELD: HeldWords = {
    True: gettext_lazy("bound"),
    False: gettext_lazy("reserved, not bound yet"),
}
OPEN_HELD: HeldWords = {  # bound in quota as soon as the cluster enforces it, pods or none
    True: gettext_lazy("held, all in use"),
    False: gettext_lazy("held for its pods"),
}
EFFECT_ROWS = (
    ("before", gettext_lazy("Without it"), ""),
    ("mine", gettext_lazy("This allocation"), "signed"),
    ("allocated", gettext_lazy("Allocated"), "is-sum"),
    ("bound", gettext_lazy("of it bound"), "is-part"),
    ("reserved", gettext_lazy("of it reserved"), "is-part"),
    ("releasing", gettext_lazy("of it releasing"), "is-part"),
    ("cap", gettext_lazy("Cap"), ""),
    ("left", gettext_lazy("Left to cap"), "is-sum"),
)


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node with its pods and what is bound of what it holds."""

    name: str
    pods: str
    amounts: list[tuple[str, SafeString]]
    raw: dict[str, int]
    bound: bool
    words: str
    strip: Strip | None


def node_rows(allocation: Allocation) -> list[NodeRow]:
    """Nodes by name; one query."""
    pods = pods_by_node(allocation)
    names = resources_ordered(allocation.charged)
    words = OPEN_HELD if allocation.kind == AllocationKind.OPEN else HELD
    return [
        _node_row(node, pods.get(node.name, []), names, words)
        for node in held_nodes(allocation=allocation)
    ]


def node_totals(rows: list[NodeRow], allocation: Allocation) -> dict[str, Any]:
    """Heads of the columns and their sums."""
    names = resources_ordered(allocation.charged)
    sums = {name: sum(row.raw.get(name, 0) for row in rows) for name in names}
    return {
        "heads": [head_of(name) for name in names],
        "sums": [(head_of(name), number_html(sums[name], name)) for name in names],
        "bound": sum(row.bound for row in rows),
        "count": len(rows),
        "strips": any(row.strip is not None for row in rows),
    }


def head_of(resource: str) -> str:
    """A column's head: the unit for processor and memory, else the device's name."""
    return amount_text(1000 if resource == "cpu" else 1, resource).unit or resource_title(resource)


def effect_table(effects: list[QuotaEffect]) -> dict[str, Any] | None:
    """Rows of amounts that add up, a column per resource."""
    if not effects:
        return None
    rows = []
    for name, title, css in EFFECT_ROWS:
        values = [_effect_value(effect, name) for effect in effects]
        rows.append({"title": title, "css": "" if css == "signed" else css, "values": values})
    return {"heads": [head_of(effect.quota.resource) for effect in effects], "rows": rows}


def drift_rows(allocation: Allocation, viewer: Viewer) -> list[dict[str, Any]]:
    """Open differences in words."""
    found: list[dict[str, Any]] = getattr(allocation, "open_drifts", None) or []
    return [
        {
            "id": row["id"],
            "title": DriftKind(row["kind"]).label,
            "object": f"{row['object_kind']} {row['object_ref']}",
            "manager": row["manager"],
            "seen_at": parse_datetime(row["seen_at"]),
            "choices": drift_choices(row["kind"]) if viewer.can("drift.edit") else [],
        }
        for row in found
    ]


def drift_choices(kind: str) -> list[tuple[str, Any]]:
    """What can be chosen, in words."""
    return [(name, CHOICE_WORDS.get(name, name)) for name in CHOICES.get(DriftKind(kind), ())]


def connect_command(allocation: Allocation) -> str:
    """What one would type to see it; empty where it stands nowhere."""
    space = allocation.namespace
    if space is None:
        return ""
    if allocation.kind == AllocationKind.OPEN:
        return f"kubectl -n {space.name} get pods,resourcequota"
    kind = "job" if allocation.runs_as == RunsAs.COMPLETION else "statefulset"
    logs = f"kubectl -n {space.name} logs -f {kind}/{allocation.object_name}"
    pods = f"kubectl -n {space.name} get pods -l {labels.ALLOCATION}={allocation.pk} -o wide"
    return f"{pods}\n{logs}"


def _effect_value(effect: QuotaEffect, name: str) -> SafeString:
    resource = effect.quota.resource
    own = {"before": effect.before, "mine": effect.mine, "left": effect.left}
    value = own[name] if name in own else getattr(effect.quota, name)
    return number_html(value, resource, signed=name == "mine")


def _node_row(
    node: HeldNode, pods: list[dict[str, Any]], names: list[str], words: HeldWords
) -> NodeRow:
    raw = {name: node.held[name].committed for name in names if name in node.held}
    lacking = [name for name, held in node.held.items() if held.bound < held.committed]
    bound = not lacking
    return NodeRow(
        name=node.name,
        pods=list_join(_pod_label(pod["name"]) for pod in pods) or "–",
        amounts=[(head_of(name), number_html(raw.get(name, 0), name)) for name in names],
        raw=raw,
        bound=bound,
        words=str(words[bound]),
        strip=_strip(node, pods, names),
    )


def _strip(node: HeldNode, pods: list[dict[str, Any]], names: list[str]) -> Strip | None:
    device = next((name for name in devices_in(names) if name in node.held), None)
    if device is None:
        return None
    held = node.held[device]
    running = [pod for pod in pods if pod["phase"] == "Running"]
    each = held.bound // len(running) if running else 0
    digits = [number for pod in running for number in [_digit(pod["name"])] * each]
    return node_strip(held, digits)


def _ordinal(name: str) -> str:
    last = name.rsplit("-", 1)[-1]
    return last if last.isdecimal() else name


def _pod_label(name: str) -> str:
    last = _ordinal(name)
    return f"#{last}" if last.isdecimal() else last


def _digit(name: str) -> int:
    last = _ordinal(name)
    return int(last) if last.isdecimal() and len(last) <= MOST_DIGITS else -1


def allocation_story(allocation: Allocation, acts: list[AuditEntry]) -> list[dict[str, Any]]:
    """What people did to it, and what came of it, newest first."""
    told = [
        (act.at, *act_words(act.verb), actor_title(act.actor_label, act.actor_kind, act.verb))
        for act in acts
    ]
    if allocation.active_at:
        told.append((allocation.active_at, "circle-check", _("Became active"), "Berth"))
    if allocation.released_at:
        failed = allocation.state == AllocationState.FAILED
        icon = "circle-x" if failed else "circle-minus"
        told.append((allocation.released_at, icon, allocation.get_state_display(), "Berth"))
    told.sort(key=lambda each: each[0], reverse=True)
    return [dict(zip(("at", "icon", "text", "who"), each, strict=True)) for each in told]
