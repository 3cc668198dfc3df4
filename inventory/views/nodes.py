"""The list of nodes and the page of one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from inventory.choices import FactKind
from inventory.filters import NodeFilter
from inventory.selectors.clusters import cluster_by_name, cluster_freshness, cluster_list
from inventory.selectors.node_pages import node_resources, nodes_shown, pods_asked
from inventory.selectors.nodes import node_by_name, node_pods
from inventory.selectors.overview import CONTACT_EVERY_SECONDS, is_silent, is_stale
from inventory.tables import NodeTable, node_devices
from inventory.views.common import cluster_topics
from inventory.words import node_status, pod_status
from portal.pages import verb_required, viewer_of
from portal.ui.tables import table_build

PODS = 200
CHIPS = 6  # clusters whose freshness stands in the head
PART = 8  # rows on the page of a cluster


@require_GET
@verb_required("node.view")
def node_list_page(request: HttpRequest) -> HttpResponseBase:
    """Nodes of all clusters, filtered by the address."""
    viewer = viewer_of(request)
    rows = nodes_shown(viewer=viewer)
    found = NodeFilter(request.GET, queryset=rows, request=request)
    now = timezone.now()
    table = table_build(NodeTable, found.qs, request=request, now=now)
    clusters = list(cluster_list(viewer=viewer))
    if found.is_valid() and found.form.cleaned_data["cluster"]:
        clusters = [each for each in clusters if each.name == found.form.cleaned_data["cluster"]]
    chips = clusters if len(clusters) <= CHIPS else []
    shown = {row.record.cluster_id for row in table.paginated_rows}
    context = {
        "table": table,
        "filter": found,
        "silent": [cluster for cluster in clusters if is_silent(cluster, now=now)],
        "clusters": chips,
        "interval": CONTACT_EVERY_SECONDS,
        "topics": cluster_topics(sorted(shown | {cluster.pk for cluster in chips}), "pools"),
    }
    return render(request, "inventory/node_list.html", context)


@require_GET
@verb_required("node.view")
def cluster_nodes_part(request: HttpRequest, name: str) -> HttpResponseBase:
    """The first nodes of a cluster for its page, those in trouble before the others."""
    viewer = viewer_of(request)
    cluster = cluster_by_name(name=name, viewer=viewer)
    rows = nodes_shown(viewer=viewer).filter(cluster=cluster)
    table = NodeTable(
        rows.order_by("ready", "schedulable", "name")[:PART],
        now=timezone.now(),
        exclude=("cluster", "created_at"),
        orderable=False,
    )
    context = {"table": table, "cluster": cluster, "total": rows.count()}
    return render(request, "inventory/_cluster_nodes.html", context)


@require_GET
@verb_required("node.view")
def node_page(request: HttpRequest, cluster: str, node: str) -> HttpResponseBase:
    """One node: amounts, who stands on it, labels, taints, conditions."""
    viewer = viewer_of(request)
    found = node_by_name(cluster=cluster, name=node, viewer=viewer)
    pods = list(node_pods(node=found, viewer=viewer).order_by("namespace", "name"))
    asked = pods_asked(found, pods)
    now = timezone.now()
    freshness = cluster_freshness(cluster_ids=[found.cluster_id], now=now)[found.cluster_id]
    by_kind = {kind.kind: kind for kind in freshness}
    tenants = sorted({pod.tenant_key for pod in pods if pod.tenant_key})
    context: dict[str, Any] = {
        "node": found,
        "status": node_status(found),
        "silent": is_stale(found.cluster, now=now),
        "interval": CONTACT_EVERY_SECONDS,
        "watch": by_kind[FactKind.NODES],
        "pod_watch": by_kind[FactKind.PODS],
        "resources": node_resources(found, asked),
        "devices": node_devices(found),
        "pods": list(zip(pods, map(pod_status, pods), asked, strict=True))[:PODS],
        "more_pods": len(pods) > PODS,
        "tenants": tenants,
        "labels": sorted(found.labels.items()),
        "raw": sorted(
            (key, found.raw_capacity.get(key, 0), found.raw_allocatable.get(key, 0))
            for key in found.raw_capacity.keys() | found.raw_allocatable.keys()
        ),
        "label_differs": found.pool_label != (found.pool.name if found.pool else ""),
        "crumbs": [
            (_("Nodes"), reverse("node_list")),
            (found.cluster.name, reverse("cluster_page", args=[found.cluster.name])),
        ],
    }
    return render(request, "inventory/node_page.html", context)
