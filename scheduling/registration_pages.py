"""What scheduling's pages register with the chassis: topics, navigation, panels, words of jobs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inventory.k8s.errors import Unauthorized
from inventory.navigation import cluster_rotation
from portal.jobs.words import JobObject, objects_register, remedy_register, result_register
from portal.models import JobRun
from portal.refusal import mask_register
from portal.ui.nav import NavItem, nav_register
from portal.ui.panels import Panel, panel_register
from portal.viewer import Viewer
from scheduling import words
from scheduling.models import Allocation, TenantNamespace
from scheduling.selectors.refusals import refusal_masked
from scheduling.services.allocations import CREATE, RELEASE, REPLACE
from scheduling.topics import topics_register

ClusterOf = Callable[[JobRun], int | None]

WORK = _("Work")
OPS_ITEMS = (
    NavItem(
        label=_("Home"),
        url_name="ops_home",
        icon="home",
        area="ops",
        verb="node.view",
        order=1,
        letter="h",
        on_phone=True,
    ),
    NavItem(
        label=_("Allocations"),
        url_name="allocation_all",
        icon="stack-2",
        area="ops",
        verb="allocation.view",
        group=WORK,
        order=31,
        letter="a",
        on_phone=True,
    ),
    NavItem(
        label=_("Drift"),
        url_name="drift_list",
        icon="git-compare",
        area="ops",
        verb="drift.view",
        group=WORK,
        order=33,
    ),
    NavItem(
        label=_("Quota"),
        url_name="quota_grid",
        icon="adjustments-horizontal",
        area="ops",
        verb="quota.view",
        group=_("People"),
        order=59,
        letter="q",
    ),
)
TENANT_ITEMS = (
    NavItem(
        label=_("Quota"),
        url_name="quota_own",
        icon="scale",
        area="tenant",
        verb="quota.view",
        order=11,
        letter="q",
        on_phone=True,
    ),
    NavItem(
        label=_("Allocations"),
        url_name="allocation_list",
        icon="stack-2",
        area="tenant",
        verb="allocation.view",
        order=12,
        letter="a",
        on_phone=True,
    ),
)
PANELS = (
    Panel("tenant_home", "now", _("You can start now"), "tenant_now_panel", "request.create", 10),
    Panel("tenant_home", "quota", _("Quota"), "tenant_quota_panel", "quota.view", 15),
    Panel("tenant_home", "held", _("Allocations"), "tenant_held_panel", "allocation.view", 20),
    Panel(
        "tenant",
        "quota",
        _("Quota"),
        "quota_panel",
        "quota.view",
        10,
        summary=True,
        rest="/api/v1/quotas/?tenant={}",
    ),
    Panel(
        "tenant",
        "held",
        _("Allocations"),
        "tenant_held_panel",
        "allocation.view",
        20,
        True,
        rest="/api/v1/allocations/?tenant={}&state=live",
    ),
)
RESULTS = {
    (CREATE, "validate"): words.result_validate,
    (CREATE, "place"): words.result_place,
    (CREATE, "widen"): words.result_namespace,
    (CREATE, "apply"): words.result_object,
    (CREATE, "confirm"): words.result_confirm,
    (CREATE, "withdraw"): words.result_object,
    (CREATE, "narrow"): words.result_namespace,
    (CREATE, "cancel"): words.result_charged,
    (RELEASE, "begin"): words.result_charged,
    (RELEASE, "withdraw"): words.result_object,
    (RELEASE, "narrow"): words.result_namespace,
    (RELEASE, "credit"): words.result_charged,
    (REPLACE, "choose"): words.result_nodes,
    (REPLACE, "patch"): words.result_nodes,
}


def pages_register() -> None:
    """Register; called once, from `scheduling.registration`."""
    topics_register()
    nav_register(*OPS_ITEMS, *TENANT_ITEMS)
    panel_register(*PANELS)
    objects_register("allocation", _allocation_of)
    for prefix, cluster_of in CLUSTERS.items():
        remedy_register(prefix, Unauthorized.code, partial(_rotation_of, cluster_of))
    mask_register(refusal_masked)
    for (kind, step), result_of in RESULTS.items():
        result_register(kind, step, result_of)


def _allocation_of(job: JobRun) -> JobObject | None:
    """The allocation that a job works on, by its key "allocation:12"."""
    number = job.key.partition(":")[2]
    if not number.isdecimal() or not job.tenant_key:
        return None
    return JobObject(f"A-{number}", reverse("allocation_page", args=[job.tenant_key, int(number)]))


def _rotation_of(cluster_of: ClusterOf, job: JobRun, viewer: Viewer) -> JobObject | None:
    """Where the credential is replaced that the cluster of a parked job refused."""
    found = cluster_of(job)
    return cluster_rotation(found, viewer) if found is not None else None


def _allocation_cluster(job: JobRun) -> int | None:
    rows = Allocation.objects.filter(pk=job.args.get("allocation"))
    return rows.values_list("cluster_id", flat=True).first()


def _space_cluster(job: JobRun) -> int | None:
    rows = TenantNamespace.objects.filter(pk=job.args.get("space"))
    return rows.values_list("cluster_id", flat=True).first()


def _own_cluster(job: JobRun) -> int | None:
    return cast("int | None", job.args.get("cluster"))


# By prefix of a job's key: the cluster that the job calls.
CLUSTERS: dict[str, ClusterOf] = {
    "allocation": _allocation_cluster,
    "namespace": _space_cluster,
    "namespaces": _own_cluster,
    "object": _own_cluster,
}
