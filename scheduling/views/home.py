"""The operators' home: where is capacity, what needs a person, how fresh is what we know."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from inventory.choices import ClusterState
from inventory.models import Cluster, Pool
from inventory.selectors.overview import CONTACT_EVERY_SECONDS
from inventory.words import cluster_status
from portal.jobs.words import job_object, kind_title, reason_shown
from portal.joins import colon_join, comma_join, list_join
from portal.models import JobRun
from portal.models.jobs import JobState
from portal.pages import verb_required, viewer_of
from portal.ui.guides import guide_for
from portal.ui.html import fresh_level
from portal.ui.panels import panels_for
from portal.ui.units import age_text, amount_text, format_count, percent_text, resource_title
from portal.viewer import Viewer
from scheduling.charts import promise_bar, sum_bar
from scheduling.choices import DriftKind
from scheduling.selectors.attention import clusters_shown, jobs_now
from scheduling.selectors.fleet import NODES, Fleet, Sum, Sums, devices_in, fleet_sums
from scheduling.selectors.promises import Promises, pools_promised

MOST = 6
UNWATCHED = (ClusterState.PAUSED, ClusterState.PENDING)


@require_GET
@verb_required("node.view")
def ops_home(request: HttpRequest) -> HttpResponseBase:
    """One screen for the whole installation."""
    viewer, now = viewer_of(request), timezone.now()
    fleet = fleet_sums()
    clusters = [cluster_row(c, fleet, now) for c in clusters_shown()]
    pools = [pool_row(p, fleet, held) for p, held in pools_promised()]
    jobs = jobs_now(now=now)
    items = [
        *cluster_items(clusters),
        *(job_item(job, viewer) for job in jobs.broken),
        *(drift_item(row["name"], drift) for row in clusters for drift in row["drifts"]),
        *over_items(clusters),
        *(sick_item(row["name"], node) for row in clusters for node in row["sick"]),
    ]
    items.sort(key=lambda item: ("danger", "warn", "info").index(item["kind"]))
    total = fleet.total
    context = {
        "now": now,
        "clusters": clusters,
        "cluster_total": total_row(clusters, total),
        "pools": pools,
        "items": items[:MOST],
        "item_count": len(items),
        "critical": sum(item["kind"] == "danger" for item in items),
        "warnings": sum(item["kind"] == "warn" for item in items),
        "counts": jobs,
        "drift_count": sum(row["drifted"] for row in clusters),
        "devices": device_tile(fleet),
        "cpu": plain_tile(total, "cpu"),
        "memory": plain_tile(total, "memory"),
        "nodes": total.get(NODES, Sum()),
        "facts_seconds": CONTACT_EVERY_SECONDS,
        "cluster_new_url": reverse("cluster_new") if viewer.can("cluster.edit") else "",
        "pool_new_url": reverse("pool_new") if viewer.can("pool.edit") else "",
        "panels": panels_for(place="ops_home", viewer=viewer),
        "guide": guide_for(place="ops_home", viewer=viewer),
    }
    return render(request, "scheduling/ops_home.html", context)


def device_tile(fleet: Fleet) -> dict[str, Any]:
    """Free of usable devices, by type; allocated as a share of them, and what is besides."""
    total = fleet.total
    types = devices_in(total)
    free = sum(total[name].free for name in types)
    usable = sum(total[name].usable for name in types)
    in_use = sum(total[name].in_use for name in types)
    stranded = sum(total[name].stranded for name in types)
    parts = [f"{resource_title(name)} {format_count(total[name].free)}" for name in types]
    return {
        "any": bool(types),
        "free": free,
        "usable": usable,
        "taken": _taken(in_use, sum(total[name].foreign for name in types), stranded),
        "percent": percent_text(in_use, usable, decimals=1),
        "parts": _first(parts),
    }


def _taken(in_use: int, others: int, stranded: int) -> str:
    """Usable devices that are allocated; other pods' ones, and those allocated but out of use."""
    parts = [ngettext("%(count)s device", "%(count)s devices", in_use)]
    if stranded:  # short: the tile has room for two dozen letters
        parts = [_("%(count)s + %(stranded)s out of use")]
    if others:
        parts.append(_("other pods %(others)s"))
    counts = {"count": in_use, "others": others, "stranded": stranded}
    shown = {name: format_count(count) for name, count in counts.items()}
    return comma_join(part % shown for part in parts)


def _first(parts: list[str]) -> str:
    """The first two, and how many more there are: the tile has room for no more."""
    more = len(parts) - 2
    if more <= 0:
        return list_join(parts)
    words = ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more)
    return words % {"names": list_join(parts[:2]), "count": more}


def plain_tile(total: Sums, resource: str) -> dict[str, str]:
    """Free of usable processor or memory: whole numbers, and both exactly."""
    sums = total.get(resource, Sum())
    free, usable = amount_text(sums.free, resource), amount_text(sums.usable, resource)
    return {
        "free": _whole(free.number),
        "usable": _whole(usable.number),
        "exact": f"{free.exact} / {usable.exact}",
        "percent": percent_text(sums.in_use, sums.usable),
    }


def cluster_row(cluster: Cluster, fleet: Fleet, now: datetime) -> dict[str, Any]:
    """One cluster of the table."""
    sums = fleet.cluster(cluster.pk)
    devices = _devices(sums)
    seen_at: datetime | None = getattr(cluster, "seen_at", None)
    level = "gone"
    if seen_at and not cluster.lost:
        level = fresh_level(now - seen_at, CONTACT_EVERY_SECONDS)
    silent = cluster.state == ClusterState.CONNECTED and level == "gone"
    return {
        "name": cluster.name,
        "url": reverse("cluster_page", args=[cluster.name]),
        "state": cluster_status(cluster, silent=silent),
        "silent": silent,
        "alarming": cluster.lost,
        "unwatched": cluster.state in UNWATCHED,
        "away": cluster.away,
        "nodes": sums.get(NODES, Sum()),
        "devices": devices,
        "bar": sum_bar(_("Devices"), devices) if devices.installed else None,
        "cpu": _share_text(sums, "cpu"),
        "drifted": int(getattr(cluster, "drifted", 0)),
        "drifts": getattr(cluster, "drifts", None) or [],
        "sick": getattr(cluster, "sick", None) or [],
        "seen_at": seen_at,
        "level": level,
        "over": sums.get("cpu", Sum()).over + devices.over + sums.get("memory", Sum()).over,
    }


def total_row(clusters: list[dict[str, Any]], total: Sums) -> dict[str, Any]:
    """The sum under the clusters."""
    devices = _devices(total)
    return {
        "count": len(clusters),
        "nodes": total.get(NODES, Sum()),
        "devices": devices,
        "bar": sum_bar(_("Devices"), devices) if devices.installed else None,
        "cpu": _share_text(total, "cpu"),
        "drifted": sum(row["drifted"] for row in clusters),
    }


def pool_row(pool: Pool, fleet: Fleet, held: Promises) -> dict[str, Any]:
    """One pool: its scarcest thing is its devices, or processor where it has none."""
    sums = fleet.pool(pool.pk)
    name = next(iter(devices_in({k for k, v in sums.items() if v.installed})), "cpu")
    amount = sums.get(name, Sum())
    promised, allocated = held.get(name, (0, 0))
    return {
        "name": pool.name,
        "title": pool.title,
        "url": f"{reverse('quota_grid')}?pool={pool.name}",
        "nodes": sums.get(NODES, Sum()),
        "resource": name,
        "promised": promised,
        "allocated": allocated,
        "stranded": amount.stranded,
        "usable": amount.usable,
        "free": amount.free,
        "ratio": promised / amount.usable if amount.usable else None,
        "over": promised > amount.usable,
        "bar": promise_bar(name, amount, promised, allocated),
    }


def cluster_items(clusters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Clusters that can't be reached or read any more, and connected ones that are silent; what an
    operator has chosen (to pause one, to remove one) is no item.
    """
    items = []
    for row in clusters:
        if not (row["alarming"] or row["silent"]):
            continue
        age = age_text((timezone.now() - row["seen_at"]).total_seconds()) if row["seen_at"] else ""
        words = _("Last sign of life %(age)s ago; numbers stand still") % {"age": age}
        items.append(
            {
                "kind": "danger" if row["alarming"] else "warn",
                "title": _("Cluster %(name)s: %(state)s")
                % {"name": row["name"], "state": row["state"][1]},
                "text": words if age else _("Nothing was ever read from it"),
                "action": _("Look"),
                "url": row["url"],
            }
        )
    return items


def job_item(job: JobRun, viewer: Viewer) -> dict[str, Any]:
    """A job that needs a person."""
    reason = reason_shown(job.reason, viewer=viewer)
    parked = job.state == JobState.PARKED
    about = job_object(job)
    what = f"{kind_title(job.kind)} {about.label if about else job.key}"
    words = _("%(what)s is parked") if parked else _("%(what)s failed")
    return {
        "kind": "warn" if parked else "danger",
        "title": words % {"what": what},
        "text": reason.sentence() if reason else job.get_state_display(),
        "action": _("Open %(job)s") % {"job": job.ref},
        "url": reverse("job_page", args=[job.pk]),
    }


def drift_item(cluster: str, drift: dict[str, Any]) -> dict[str, Any]:
    """A difference that nobody has settled."""
    url = reverse("drift_list")
    if drift["allocation"] is not None:
        url = reverse("allocation_page", args=[drift["tenant_key"], drift["allocation"]])
    who = drift["manager"] or _("by whom is not reported")
    return {
        "kind": "warn",
        "title": colon_join(DriftKind(drift["kind"]).label, drift["object_ref"]),
        "text": comma_join((cluster, who)),
        "action": _("Look"),
        "url": url,
    }


def over_items(clusters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Clusters with nodes on which more is promised than they have."""
    return [
        {
            "kind": "warn",
            "title": _("Over-committed nodes on %(name)s") % {"name": row["name"]},
            "text": ngettext(
                "%(count)s amount is taken twice; no new decision goes there",
                "%(count)s amounts are taken twice; no new decision goes there",
                row["over"],
            )
            % {"count": row["over"]},
            "action": _("Look"),
            "url": reverse("node_list"),
        }
        for row in clusters
        if row["over"]
    ]


def sick_item(cluster: str, node: dict[str, Any]) -> dict[str, Any]:
    """A node that is not ready though something stands on it."""
    text = ngettext(
        "%(count)s holder has capacity on it", "%(count)s holders have capacity on it", node["held"]
    )
    return {
        "kind": "danger",
        "title": _("Node %(name)s is not ready") % {"name": node["name"]},
        "text": comma_join((cluster, text % {"count": node["held"]})),
        "action": _("Look"),
        "url": reverse("node_page", args=[cluster, node["name"]]),
    }


def _devices(sums: Sums) -> Sum:
    total = Sum()
    for name in devices_in(sums):
        total += sums[name]
    return total


def _share_text(sums: Sums, resource: str) -> str:
    """What is taken of what can be used, with its unit; an en dash where nothing can be used."""
    found = sums.get(resource, Sum())
    text = percent_text(found.in_use + found.foreign, found.usable)
    return f"{text} %" if found.usable else text


def _whole(number: str) -> str:
    return number.partition(".")[0]
