"""A preview as its panel shows it: bars, device strips, alternatives. Plain data for templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.joins import comma_join, list_join
from portal.ui.charts import Bar, request_bar
from portal.ui.strips import Cell, Strip, device_strip
from portal.ui.units import amount_text, resource_title
from portal.viewer import Viewer
from scheduling.engine import NodeView, Placement
from scheduling.refused_nodes import refused_counted
from scheduling.rules import ROOM
from scheduling.selectors.devices import PLAIN
from scheduling.selectors.fleet import resources_ordered
from scheduling.selectors.refusals import refusal_advised
from tenants.choices_requests import RequestKind
from tenants.offers import Terms
from tenants.preview_words import (
    VERDICT_KINDS,
    amount_words,
    check_rows,
    verdict_sentence,
    verdict_title,
)
from tenants.previews import Alternative, Effect, RequestPreview

MOST_NODES = 8
MOST_CELLS = 16


@dataclass(frozen=True, slots=True)
class EffectRow:
    """Quota of one resource before and after; `bar` is None where there is no cap to draw."""

    name: str
    before: str
    after: str
    limit: str
    unit: str
    bar: Bar | None
    over: bool


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node of the placement; `strip` is None where no device is asked for."""

    node: str
    strip: Strip | None
    count: str


@dataclass(frozen=True, slots=True)
class AlternativeRow:
    """Fewer replicas: what to put into the form, and what comes of it."""

    title: str
    replicas: int
    by_rule: bool
    before: str
    after: str


def preview_shown(
    preview: RequestPreview, *, terms: Terms, pool: str, viewer: Viewer, tenant: str = ""
) -> dict[str, Any]:
    """Everything that templates/requests/_preview.html and the queue show, there as `shown`."""
    refusal = preview.refusal
    effects = {effect.resource: effect for effect in preview.effects}
    rows = [_effect_row(effects[name], preview.kind) for name in resources_ordered(effects)]
    device = _device(terms)
    nodes = _node_rows(preview, terms, device)
    return {
        "preview": preview,
        "kind": VERDICT_KINDS[preview.verdict],
        "title": verdict_title(preview),
        "sentence": verdict_sentence(preview, pool=pool),
        "checks": check_rows(preview, pool=pool, tenant=tenant),
        "checks_note": _counts(preview),
        "pool": pool,
        "main_effect": rows[0] if rows else None,
        "effects": rows[1:],
        "nodes": nodes[:MOST_NODES],
        "more_nodes": max(0, len(nodes) - MOST_NODES),
        "has_strips": bool(device),
        "place": _place(preview),
        "placed_total": _placed_total(preview, terms, device),
        "others": refused_counted(preview.refused),
        "others_total": sum(preview.refused.values()),
        "alternatives": [_alternative(a, terms, effects) for a in preview.alternatives],
        "refusal": refusal and refusal_advised(refusal, pool=pool, viewer=viewer),
        "also_short": _also_short(preview),
    }


def _also_short(preview: RequestPreview) -> str:
    """What else is short beside the resource that the refusal is about, each once."""
    shorts: dict[str, int | None] = {}
    for check in preview.checks:
        if not check.ok and check.resource and check.rule != ROOM:
            before = shorts.get(check.resource) or 0
            shorts[check.resource] = max(before, check.short_by or 0) or None
    if preview.refusal is not None:
        shorts.pop(preview.refusal.dimension, None)
    return list_join(
        _("%(resource)s by %(amount)s")
        % {"resource": resource_title(name), "amount": amount_words(shorts[name], name)}
        if shorts[name]
        else resource_title(name)
        for name in resources_ordered(shorts)
    )


def _device(terms: Terms) -> str:
    """The device type that is asked for; "" for none."""
    shape: Mapping[str, int] = terms.ask.get("shape", {})
    return next(
        (name for name in resources_ordered(shape) if name not in PLAIN and shape[name]), ""
    )


def _counts(preview: RequestPreview) -> str:
    rows = check_rows(preview, pool="")
    passed = sum(row.state == "ok" for row in rows)
    passes = ngettext("%(count)s passes", "%(count)s pass", passed) % {"count": passed}
    refused = sum(row.state == "refused" for row in rows)
    rest = len(rows) - passed - refused
    fails = ngettext("%(count)s fails", "%(count)s fail", refused) % {"count": refused}
    parts = [
        passes,
        fails if refused else "",
        _("%(count)s open") % {"count": rest} if rest else "",
    ]
    return comma_join(filter(None, parts))


def _effect_row(effect: Effect, kind: str) -> EffectRow:
    before = amount_text(effect.before, effect.resource)
    after = amount_text(effect.after, effect.resource)
    limit = amount_text(effect.limit, effect.resource).number if effect.limit is not None else ""
    bar = None
    if effect.limit is not None:
        bar = request_bar(
            resource=effect.resource,
            cap=effect.limit,
            allocated=effect.before,
            asked=effect.after - effect.before,
        )
    unit = after.unit or (_("guaranteed") if kind == RequestKind.QUOTA else "")
    name = resource_title(effect.resource)
    over = effect.limit is not None and effect.after > effect.limit
    return EffectRow(name, before.number, after.number, limit, unit, bar, over)


def _node_rows(preview: RequestPreview, terms: Terms, device: str) -> list[NodeRow]:
    views = {node.uid: node for node in preview.nodes}
    rows, first = [], 0
    for placement in preview.placements:
        rows.append(_node_row(placement, views.get(placement.node_uid), terms, device, first))
        first += placement.replicas
    return rows


def _node_row(
    placement: Placement, view: NodeView | None, terms: Terms, device: str, first: int
) -> NodeRow:
    if view is None or not device:
        count = ngettext("%(count)s replica", "%(count)s replicas", placement.replicas)
        return NodeRow(placement.node_name, None, count % {"count": placement.replicas})
    each = terms.ask["shape"][device]
    free = max(0, view.free.get(device, 0))
    asked = placement.replicas * each
    taken = max(0, view.allocatable.get(device, 0) - free)
    digits = [first + i for i in range(placement.replicas) for _n in range(each)]
    cells = [Cell("other")] * taken + [Cell("asked", digit % 10) for digit in digits]
    cells += [Cell("free")] * max(0, free - asked)
    strip = device_strip(cells[:MOST_CELLS])
    return NodeRow(placement.node_name, strip, _("%(a)s of %(b)s") % {"a": asked, "b": free})


def _place(preview: RequestPreview) -> str:
    return list_join(sorted({placement.cluster for placement in preview.placements}))


def _placed_total(preview: RequestPreview, terms: Terms, device: str) -> str:
    replicas = sum(placement.replicas for placement in preview.placements)
    if device:
        return amount_words(replicas * int(terms.ask["shape"][device]), device)
    return ngettext("%(count)s replica", "%(count)s replicas", replicas) % {"count": replicas}


def _alternative(
    alternative: Alternative, terms: Terms, effects: Mapping[str, Effect]
) -> AlternativeRow:
    first = resources_ordered(alternative.total)[0]
    each = amount_words(int(terms.ask["shape"][first]), first)
    before = effects[first].before if first in effects else 0
    return AlternativeRow(
        title=f"{alternative.replicas} × {each}",
        replicas=alternative.replicas,
        by_rule=alternative.by_rule,
        before=amount_text(before, first).number,
        after=amount_words(before + alternative.total[first], first),
    )
