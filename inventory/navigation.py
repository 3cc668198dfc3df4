"""The inventory's places in the shell, and what its jobs work on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.choices import ClusterState
from inventory.k8s.errors import Unauthorized
from inventory.models import Cluster
from inventory.titles import device_title
from portal.jobs.words import JobObject, objects_register, remedy_register, result_register
from portal.ui.nav import NavItem, nav_register
from portal.ui.shell import Choice, shell_register
from portal.ui.units import resource_titles_register

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from portal.models import JobRun
    from portal.viewer import Viewer

FLEET = gettext_lazy("Fleet")
MOST_CHOICES = 50

ITEMS = (
    NavItem(
        label=gettext_lazy("Clusters"),
        url_name="cluster_list",
        icon="server-2",
        area="ops",
        verb="cluster.view",
        group=FLEET,
        order=20,
        letter="c",
        on_phone=True,
    ),
    NavItem(
        label=gettext_lazy("Nodes"),
        url_name="node_list",
        icon="server",
        area="ops",
        verb="node.view",
        group=FLEET,
        order=21,
        letter="n",
    ),
    NavItem(
        label=gettext_lazy("Pools"),
        url_name="pool_list",
        icon="layers-intersect",
        area="ops",
        verb="node.view",
        group=FLEET,
        order=22,
        letter="p",
    ),
    NavItem(
        label=gettext_lazy("Device types"),
        url_name="device_list",
        also=("mapping_new",),
        icon="cpu-2",
        area="ops",
        verb="node.view",
        group=FLEET,
        order=23,
    ),
)


def navigation_register() -> None:
    """Register with the shell; called once, from `ready`."""
    nav_register(*ITEMS)
    shell_register(cluster_choices=cluster_choices)
    resource_titles_register(device_title)
    objects_register("cluster", cluster_of)
    remedy_register("cluster", Unauthorized.code, _rotation_of)
    result_register("cluster.test", "connect", tested_words)


def cluster_choices(viewer: Viewer) -> Sequence[Choice]:
    """Clusters for the switcher in the top bar."""
    if not viewer.can("cluster.view"):
        return ()
    rows = Cluster.objects.present().values_list("name", "title")
    return [
        Choice(name, reverse("cluster_page", args=[name]), title)
        for name, title in rows[:MOST_CHOICES]
    ]


def cluster_of(job: JobRun) -> JobObject | None:
    """The cluster that a job works on, by what it was asked with; no query."""
    number, name = job.key.partition(":")[2].partition(":")[0], job.args.get("cluster")
    if not number.isdecimal():
        return None
    return JobObject(name or _("the cluster"), reverse("cluster_by_id", args=[int(number)]))


def tested_words(outcome: Mapping[str, Any]) -> str:
    """What a connection test found, in one sentence."""
    rights, version = outcome.get("rights") or {}, (outcome.get("abilities") or {}).get("version")
    words = _("%(version)s, as %(user)s") % {"version": version, "user": rights.get("user", "")}
    short = len(rights.get("missing") or ())
    return words + (_("; %(count)s rights missing") % {"count": short} if short else "")


def cluster_rotation(cluster_id: int, viewer: Viewer) -> JobObject | None:
    """Where a new credential of a cluster is handed in, for whoever may."""
    if not viewer.can("cluster.edit"):
        return None
    ending = (ClusterState.REMOVING, ClusterState.REMOVED)
    rows = Cluster.objects.exclude(state__in=ending).filter(pk=cluster_id)
    name = rows.values_list("name", flat=True).first()
    if name is None:
        return None
    label = _("Replace the credential of %(cluster)s") % {"cluster": name}
    return JobObject(label, reverse("cluster_rotate", args=[name]))


def _rotation_of(job: JobRun, viewer: Viewer) -> JobObject | None:
    number = job.key.partition(":")[2].partition(":")[0]
    return cluster_rotation(int(number), viewer) if number.isdecimal() else None
