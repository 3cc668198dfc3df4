"""Longer lists of made-up rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.ui.charts import capacity_bar
from portal.ui.strips import Segments
from portal.ui.units import GIB


def nodes_rows(count: int = 60) -> list[dict[str, Any]]:
    """Nodes of a cluster, every ninth not ready."""
    now = timezone.now()
    return [
        {
            "name": f"ams1-h100-{number:02d}",
            "zone": f"ams-1, rack R{number // 8 + 1:02d}",
            "state": ("danger", _("Not ready")) if number % 9 == 8 else ("ok", _("Ready")),
            "devices": number % 9 or None,
            "cpu": 96_000 + number * 500,
            "memory": (960 + number) * GIB,
            "bar": capacity_bar(
                resource="H100", installed=8, usable=8 - number % 3, allocated=number % 7
            ),
            "seen_at": now - timedelta(seconds=3 + number * number * 7),
        }
        for number in range(count)
    ]


def attention() -> list[dict[str, Any]]:
    """Six rows, as the home page shows them."""
    rows = [
        ("danger", _("8 H100 lost on ams-1-b07-n3"), _("2 allocations degraded"), _("Look")),
        ("danger", _("Resize of cryo-em failed"), _("Step 4 of 6, hel-2 refused"), _("Retry")),
        ("warn", _("Cluster lab-3 silent for 6 m 39 s"), _("Numbers frozen"), _("Test link")),
        ("warn", _("3 requests past the 24 h target"), _("Oldest 2 d 4 h"), _("Review")),
        ("warn", _("nordic-llm: 144 H100 waiting"), _("Needs 128, cap leaves 64"), _("Plan")),
        ("info", _("Credential of hel-2 ends in 6 d"), _("It renews by itself"), _("Renew")),
    ]
    return [
        {"kind": kind, "title": title, "text": text, "action": action, "url": "#"}
        for kind, title, text, action in rows
    ]


def steps(now: datetime, boxes: Segments) -> list[dict[str, Any]]:
    """Five steps, the fourth at work."""
    box = render_to_string("gallery/_step_box.html", {"segments": boxes})
    rows: list[tuple[str, str, str, int | None, str, Any]] = [
        ("done", _("Validate"), _("request #121 unchanged"), 178, "0.4 s", None),
        ("done", _("Place"), _("quota 20 → 36; 16 devices on 3 nodes"), 177, "1.1 s", None),
        ("done", _("Widen"), _("ResourceQuota H100 12 → 28"), 176, "1.9 s", None),
        ("now", _("Apply"), _("Job asr-finetune-v3-g1 created"), 174, "2 m 54 s", box),
        ("next", _("Confirm"), _("all pods ready"), None, "", None),
    ]
    return [
        {
            "state": state,
            "title": title,
            "result": result,
            "began": None if ago is None else now - timedelta(seconds=ago),
            "took": took,
            "box": shown,
        }
        for state, title, result, ago, took, shown in rows
    ]


def picks() -> list[dict[str, Any]]:
    """Requests that wait."""
    rows = [
        ("1 d 3 h", "-19 h", "climate-sim", "#112 climate-owner", "24", "A100", "ok", "P-12"),
        ("13 m", "47 m", "speech-lab", "#121 speech-member", "16", "H100", "ok", "P-07"),
        ("5 h 40 m", "2 h", "llm-eval", "#115 llm-member", "16", "H100", "danger", "P-10"),
        ("48 m", "7 h", "rec-rank", "#120 rec-owner", "8", "L40S", "info", "P-07"),
        ("4 m", "8 h", "geo-maps", "#123 geo-owner", "128", "", "ok", "P-11"),
    ]
    names = ("age", "left", "tenant", "ref", "number", "unit", "tone", "rule")
    return [dict(zip(names, row, strict=True)) for row in rows]
