"""What several pages of the inventory share."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from inventory.choices import ClusterState
from inventory.models import Cluster

Crumbs = list[tuple[str, str]]
MOST_TOPICS = 20


def cluster_crumbs(cluster: Cluster | None = None) -> Crumbs:
    """From the list to this cluster."""
    first = [(_("Clusters"), reverse("cluster_list"))]
    if cluster is None:
        return first
    return [*first, (cluster.name, reverse("cluster_page", args=[cluster.name]))]


def cluster_names_present() -> list[str]:
    """Names of clusters that are not removed."""
    rows = Cluster.objects.present().exclude(state=ClusterState.REMOVING)
    return list(rows.values_list("name", flat=True))


def cluster_topics(cluster_ids: list[int], *first: str) -> str:
    """Topics for a page about several clusters."""
    return " ".join([*first, *(f"cluster:{pk}" for pk in cluster_ids[:MOST_TOPICS])])
