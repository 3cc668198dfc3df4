"""The list of clusters and the page of one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from inventory.filters import ClusterFilter
from inventory.k8s.errors import code_words
from inventory.models import Cluster
from inventory.selectors.clusters import cluster_by_name, cluster_freshness, cluster_list
from inventory.selectors.overview import (
    CONTACT_EVERY_SECONDS,
    cluster_rows,
    device_amounts,
    is_silent,
    rows_total,
)
from inventory.selectors.setup import division_of
from inventory.tables import ClusterTable
from inventory.views.common import cluster_crumbs, cluster_topics
from inventory.words import (
    ability_findings,
    cluster_status,
    extra_lines,
    missing_lines,
    policy_findings,
    roles_sentence,
    watch_status,
)
from portal.errors import NotFound
from portal.jobs.selectors import jobs_visible
from portal.jobs.shown import job_status
from portal.jobs.words import kind_title
from portal.pages import verb_required, viewer_of
from portal.ui.panels import panels_for
from portal.ui.tables import table_build
from portal.viewer import Viewer

JOBS = 8


@require_GET
@verb_required("cluster.view")
def cluster_list_page(request: HttpRequest) -> HttpResponseBase:
    """All clusters."""
    viewer = viewer_of(request)
    found = ClusterFilter(request.GET, queryset=cluster_list(viewer=viewer), request=request)
    rows = cluster_rows(clusters=found.qs, now=timezone.now())
    context = {
        "table": table_build(ClusterTable, rows, request=request),
        "filter": found,
        "total": rows_total(rows),
        "silent": [row for row in rows if row.silent and row.state == "connected"],
        "topics": cluster_topics([row.cluster.pk for row in rows], "clusters"),
        "may_edit": viewer.can("cluster.edit"),
    }
    return render(request, "inventory/cluster_list.html", context)


@require_GET
@verb_required("cluster.view")
def cluster_page(request: HttpRequest, name: str) -> HttpResponseBase:
    """One cluster: what it has, what Berth can do there, how fresh that is."""
    viewer = viewer_of(request)
    cluster = cluster_by_name(name=name, viewer=viewer)
    panels = panels_for(place="cluster", viewer=viewer, tenant_key=cluster.name)
    context = cluster_context(cluster) | {
        "crumbs": cluster_crumbs(),
        "panels": panels,
        "jobs": job_rows(cluster, viewer),
        "may_edit": viewer.can("cluster.edit") and cluster.state != "removing",
    }
    return render(request, "inventory/cluster_page.html", context)


@require_GET
@verb_required("cluster.view")
def cluster_by_id_page(request: HttpRequest, cluster_id: int) -> HttpResponseBase:
    """From a number, as jobs know it, to the page; 404 for one that was removed."""
    found = cluster_list(viewer=viewer_of(request)).filter(pk=cluster_id).first()
    if found is None:
        raise NotFound
    return redirect("cluster_page", found.name)


def cluster_context(cluster: Cluster) -> dict[str, Any]:
    """What the parts of a cluster's page read; also for onboarding."""
    now = timezone.now()
    division = division_of(cluster_id=cluster.pk)
    silent = is_silent(cluster, now=now)
    freshness = cluster_freshness(cluster_ids=[cluster.pk], now=now)[cluster.pk]
    return {
        "cluster": cluster,
        "status": cluster_status(cluster, silent=silent),
        "why": code_words(cluster.state_code),
        "silent": silent,
        "interval": CONTACT_EVERY_SECONDS,
        "division": division,
        "capacity": division.capacity,
        "devices": device_amounts(division.capacity),
        "watches": [
            (kind, watch_status(kind.phase, silent=kind.stale), code_words(kind.error_code))
            for kind in freshness
        ],
        "abilities": ability_findings(cluster.abilities),
        "policies": policy_findings(cluster.abilities),
        "rights": cluster.rights,
        "roles_sentence": roles_sentence(cluster.rights),
        "missing": missing_lines(cluster.rights),
        "extra": extra_lines(cluster.rights),
    }


def job_rows(cluster: Cluster, viewer: Viewer) -> list[dict[str, Any]]:
    """The latest jobs on the cluster itself, as far as the viewer may see jobs."""
    if not viewer.can("job.view"):
        return []
    found = jobs_visible(viewer=viewer).filter(key__startswith=f"{cluster.job_key}:")[:JOBS]
    return [{"job": job, "title": kind_title(job.kind), "status": job_status(job)} for job in found]
