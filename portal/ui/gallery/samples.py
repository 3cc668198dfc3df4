"""Made-up amounts for the gallery; they add up, nothing in them is real."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.refusal import Refusal, rule_register
from portal.ui.charts import capacity_bar, quota_bar, request_bar
from portal.ui.gallery.forms import SignInForm
from portal.ui.gallery.rows import attention, nodes_rows, picks, steps
from portal.ui.html import amount_of_html, fresh_html
from portal.ui.shell import DemoAccount
from portal.ui.strips import Cell, device_strip, segments, sparkline
from portal.ui.tables import (
    AgeColumn,
    AmountColumn,
    BarColumn,
    BerthTable,
    NameColumn,
    NumberColumn,
    StatusColumn,
)
from portal.ui.units import GIB
from portal.viewer import Viewer

nodes = nodes_rows
SAMPLE_RULE = rule_register("sample-cap", gettext_lazy("Quota cap"))


def sample_viewer() -> Viewer:
    """An operator who may do what the gallery's navigation asks for."""
    return Viewer(
        user_id=1,
        label="jamie.moss",
        kind="user",
        sees_all=True,
        platform_verbs=frozenset({"cluster.view"}),
        tenant_verbs=MappingProxyType({"speech-lab": frozenset({"quota.view"})}),
    )


class NodeTable(BerthTable):
    """A table with every column type."""

    caption = gettext_lazy("Nodes")

    name = NameColumn(
        verbose_name=gettext_lazy("Node"),
        url=lambda row: "#",
        context=lambda row: row["zone"],
    )
    state = StatusColumn(verbose_name=gettext_lazy("State"), of=lambda row: row["state"])
    devices = NumberColumn(verbose_name="H100")
    cpu = AmountColumn(resource="cpu", verbose_name=gettext_lazy("CPU"))
    memory = AmountColumn(resource="memory", verbose_name=gettext_lazy("Memory"))
    bar = BarColumn(verbose_name=gettext_lazy("Allocated"), of=lambda row: row["bar"])
    seen_at = AgeColumn(verbose_name=gettext_lazy("Seen"))


def home(now: datetime) -> dict[str, Any]:
    """Key numbers, attention rows and clusters."""
    rows = [
        ("ams-1", ("warn", _("degraded")), "1.34.2", (639, 640), (4170, 4242, 4256, 3012), 4),
        ("hel-2", ("ok", _("healthy")), "1.33.6", (704, 704), (2206, 2798, 2812, 1483), 41),
        ("ams-cpu", ("ok", _("healthy")), "1.34.2", (190, 192), None, 6),
        ("lab-3", ("silent", _("silent")), "1.32.9", (11, 12), None, 399),
    ]
    return {
        "kpis": _kpis(),
        "attention": attention(),
        "clusters": [_cluster(now, *row) for row in rows],
        "total": _bar(6376, 7040, 7068, 4495),
        "now": now,
        "fresh_at": now - timedelta(seconds=12),
    }


def _kpis() -> list[dict[str, Any]]:
    wave = [3, 4, 3.4, 4.4, 4, 5, 4.6, 5.2, 5, 5.8, 5.4, 6]
    fall = [9, 9, 8.8, 8, 8, 7.4, 7.4, 7, 6.2, 6.2]
    return [
        {"label": _("Free GPUs"), "value": "664", "unit": "/ 7,040", "spark": sparkline(fall),
         "sub": "H100 64, A100 16, L40S 584"},
        {"label": _("Allocated"), "value": "90.6", "unit": "%", "spark": sparkline(wave),
         "sub": "6,376 GPUs", "delta": "↑ 1.2"},
        {"label": _("Used, measured"), "value": "64.0", "unit": "%", "spark": sparkline(fall),
         "sub": "4,495 GPUs", "delta": "↓ 2.1"},
        {"label": _("Nodes ready"), "value": "1,544", "unit": "/ 1,548", "sub": _("4 not ready"),
         "tone": "warn"},
        {"label": _("Open requests"), "value": "11", "spark": sparkline(wave),
         "sub": _("3 past target"), "tone": "warn", "delta": "↑ 5"},
        {"label": _("Running jobs"), "value": "38", "spark": sparkline(wave[::-1]),
         "sub": _("1 failed"), "tone": "danger", "delta": "↑ 7"},
        {"label": _("Releasing"), "value": "16", "sub": _("2 allocations")},
        {"label": _("Drift"), "value": "3", "sub": "hel-2"},
    ]  # fmt: skip


def _bar(allocated: int, usable: int, installed: int, used: int | None) -> Any:
    return capacity_bar(
        resource="GPUs", installed=installed, usable=usable, allocated=allocated, used=used
    )


def _cluster(
    now: datetime,
    name: str,
    state: tuple[str, str],
    version: str,
    ready: tuple[int, int],
    amounts: tuple[int, int, int, int] | None,
    age: int,
) -> dict[str, Any]:
    return {
        "name": name,
        "state": state,
        "version": version,
        "ready": amount_of_html(*ready, "nodes"),
        "bar": _bar(amounts[0], amounts[1], amounts[2], amounts[3]) if amounts else None,
        "devices": amount_of_html(amounts[0], amounts[1], "gpu") if amounts else "",
        "free": amounts[1] - amounts[0] if amounts else None,
        "fresh": fresh_html("", now - timedelta(seconds=age), 30),
        "stale": age > 90,
    }


def preview(now: datetime) -> dict[str, Any]:
    """A verdict with its checks, quota bars and placement."""
    strips = [
        ("ams1-h100-25", "00001111", "8 / 8"),
        ("ams1-h100-26", "yyoo2222", "4 / 4"),
        ("ams1-h100-27", "yyoo3333", "4 / 4"),
        ("ams1-h100-28", "oooooooo", "0 / 0"),
    ]
    return {
        "at": now - timedelta(seconds=12),
        "checks": [
            {"state": "ok", "text": _("Your cap in h100-train"), "number": "36 / 48"},
            {"state": "ok", "text": _("Your department"), "number": _("has room")},
            {"state": "ok", "text": _("One rack with 4 × 4 free"), "number": "1 / 9"},
            {"state": "open", "rule": "P-07", "text": _("an operator decides"), "number": "+4"},
            {"state": "skipped", "text": _("Placement on nodes"), "number": "–"},
        ],
        "quota": request_bar(
            resource="H100", guaranteed=32, cap=48, allocated=20, asked=16, used=17
        ),
        "cpu": request_bar(
            resource="cpu", cap=640_000, allocated=240_000, asked=192_000, size="thin"
        ),
        "memory": request_bar(
            resource="memory", cap=6400 * GIB, allocated=2400 * GIB, asked=1920 * GIB, size="thin"
        ),
        "strips": [
            {"node": node, "strip": device_strip(_cells(text, "asked")), "count": count}
            for node, text, count in strips
        ],
    }


def _cells(text: str, digit_kind: Any) -> list[Cell]:
    kinds: dict[str, Any] = {"y": "yours", "o": "other", "f": "free", "x": "off"}
    return [
        Cell(kinds[letter]) if letter in kinds else Cell(digit_kind, int(letter)) for letter in text
    ]


def refusal() -> Refusal:
    """A refusal with numbers."""
    return Refusal(
        rule=SAMPLE_RULE,
        scope="speech-lab / h100-train",
        dimension="h100",
        limit=48,
        now=36,
        asked=16,
        short_by=4,
        who=_("perception-owner, owner of Perception"),
        next_step=_("Ask for 4 more H100"),
        next_url="#",
    )


def detail(now: datetime) -> dict[str, Any]:
    """An allocation whose job runs."""
    return {
        "now": now,
        "crumbs": [("speech-lab", "#"), (_("Allocations"), "#")],
        "since": now - timedelta(seconds=178),
        "until": now + timedelta(days=13, hours=23),
        "steps": steps(now, segments(done=3, total=4)),
        "log": [
            {"at": now - timedelta(seconds=177), "step": "validate", "level": "ok",
             "word": "ok", "text": "5 checks, none changed since approval"},
            {"at": now - timedelta(seconds=176), "step": "place", "level": "info",
             "text": "decision 77: rack R07, nodes 25, 26, 27"},
            {"at": now - timedelta(seconds=170), "step": "apply", "level": "wait",
             "word": "wait", "text": "pod 3 still pulling after 2 min: speech/asr:3.4.1"},
            {"at": now - timedelta(seconds=20), "step": "apply", "level": "error",
             "word": "error", "text": "pod 3 ErrImagePull on ams1-h100-27"},
        ],
        "refusal": refusal(),
        "quota": quota_bar(
            resource="H100", guaranteed=32, cap=44, allocated=36, releasing=2, size="panel"
        ),
        "strips": [
            {"node": "ams1-h100-25", "strip": device_strip(_cells("00001111", "bound")),
             "count": "8"},
            {"node": "ams1-h100-27", "strip": device_strip(_cells("yyox3333", "reserved")),
             "count": "4"},
        ],
        "activity": [
            {"at": now - timedelta(seconds=20), "icon": "ban", "text": _("Resize refused, Q-1"),
             "who": "speech-owner"},
            {"at": now - timedelta(seconds=60), "icon": "circle-check",
             "text": _("3 of 4 pods ready"), "who": "Berth"},
            {"at": now - timedelta(seconds=178), "icon": "user-check",
             "text": _("Request #121 approved"), "url": "#", "who": "operator-2"},
        ],
    }  # fmt: skip


def queue(now: datetime) -> dict[str, Any]:
    """Requests in a split view."""
    return {"picks": picks(), "at": now - timedelta(seconds=2)} | preview(now)


def states(now: datetime) -> dict[str, Any]:
    """Ages on both sides of the thresholds, and quota bars in every state."""
    bars = [
        (_("within"), quota_bar(resource="H100", guaranteed=32, allocated=20, used=12)),
        (_("borrowing"), quota_bar(resource="H100", guaranteed=32, cap=44, allocated=40, used=31)),
        (_("lent"), quota_bar(resource="H100", guaranteed=32, allocated=10, lent=12, used=9)),
        (_("releasing"), quota_bar(resource="H100", guaranteed=32, allocated=30, releasing=8)),
        (_("over"), quota_bar(resource="H100", guaranteed=32, cap=36, allocated=42, used=40)),
        (_("no guarantee"), quota_bar(resource="H100", guaranteed=0, cap=16, allocated=4)),
    ]
    return {
        "bars": bars,
        "fresh": now - timedelta(seconds=4),
        "late": now - timedelta(seconds=41),
        "gone": now - timedelta(seconds=399),
        "refusal": refusal(),
        "hidden_refusal": Refusal(
            rule=SAMPLE_RULE, scope=_("a parent of speech-lab"), dimension="cpu", asked=16_000
        ),
    }


def sign_in() -> dict[str, Any]:
    """Two accounts for the slot on the sign-in page."""
    return {
        "form": SignInForm(),
        "demo_accounts": [
            DemoAccount(_("Operator"), _("approves, sees every cluster"), "#", "operator"),
            DemoAccount(_("Member of speech-lab"), _("asks and watches"), "#", "member"),
        ],
    }
