"""A cluster joins: permissions, connection, the test live, what was found, how it is divided."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from inventory.forms import ClusterNewForm
from inventory.manifests import MANIFESTS, manifests_shown
from inventory.models import Cluster
from inventory.selectors.clusters import cluster_by_name
from inventory.selectors.setup import Division
from inventory.services.clusters import cluster_register
from inventory.views.clusters import cluster_context
from inventory.views.common import cluster_crumbs
from inventory.words import setup_checks
from portal.attempts import form_attempt
from portal.jobs.selectors import job_latest
from portal.jobs.shown import job_context
from portal.pages import verb_required, viewer_of
from portal.viewer import Viewer

EXAMPLE = json.dumps(
    {"name": "ams-1", "title": "Amsterdam, hall 1", "kubeconfig": "apiVersion: v1\nkind: …"},
    ensure_ascii=False,
)


@never_cache
@sensitive_post_parameters("kubeconfig")
@require_http_methods(["GET", "POST"])
@verb_required("cluster.edit")
def cluster_new_page(request: HttpRequest) -> HttpResponseBase:
    """Steps 1 and 2: what Berth will be allowed, and the way to the cluster."""
    form = ClusterNewForm(request.POST or None)
    status = 200
    if request.method == "POST":
        attempt = form_attempt(
            form, lambda data: cluster_register(viewer=viewer_of(request), **data)
        )
        if attempt.result is not None:
            return redirect("cluster_setup", attempt.result.name)
        status = attempt.status
    context = {
        "form": form,
        "crumbs": cluster_crumbs(),
        "manifests": manifests_shown(),
        "apply": " \\\n  ".join(["kubectl apply", *(f"-f {name}" for name, _words in MANIFESTS)]),
        "example": EXAMPLE,
    }
    return render(request, "inventory/cluster_new.html", context, status=status)


@require_GET
@verb_required("cluster.view")
def cluster_setup_page(request: HttpRequest, name: str) -> HttpResponseBase:
    """Steps 3 to 5: the test as it runs, what it found, pools and devices of the new nodes."""
    viewer = viewer_of(request)
    cluster = cluster_by_name(name=name, viewer=viewer)
    context = cluster_context(cluster)
    context |= setup_context(cluster, context["division"], viewer)
    return render(request, "inventory/cluster_setup.html", context)


def setup_context(cluster: Cluster, division: Division, viewer: Viewer) -> dict[str, Any]:
    """What the steps read."""
    key = f"{cluster.job_key}:test"
    job = job_latest(key=key, viewer=viewer)
    now = timezone.now()
    shown = job_context(job=job, viewer=viewer, now=now, attempts=False) if job else {"job": None}
    return {
        "crumbs": cluster_crumbs(cluster),
        "checks": setup_checks(cluster, division.nodes, now=now),
        "may_edit": viewer.can("cluster.edit"),
        **shown,
    }
