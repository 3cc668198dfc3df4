"""Pages of allocations: lists, one with its job, and a kubeconfig for open capacity."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from inventory.selectors.overview import CONTACT_EVERY_SECONDS
from portal.jobs.selectors import job_latest
from portal.jobs.shown import job_context
from portal.jobs.words import reason_shown
from portal.models.jobs import ACTIVE_STATES, JobRun, JobState
from portal.pages import verb_required, viewer_of
from portal.ui.tables import Empty, table_build
from portal.viewer import Viewer
from scheduling.below import below_shown
from scheduling.choices import ENDED_STATES, LIVE_STATES, AllocationKind, AllocationState
from scheduling.connecting import kubeconfig_text
from scheduling.filters import AllocationAllPageFilter, AllocationPageFilter
from scheduling.models import Allocation
from scheduling.refused_nodes import refused_named
from scheduling.selectors.allocation_list import (
    allocation_acts,
    allocation_get,
    allocations_visible,
    allocations_with_jobs,
    decision_newest,
    quota_effects,
)
from scheduling.services.allocations import COMING, RELEASABLE
from scheduling.shown import (
    allocation_story,
    connect_command,
    drift_rows,
    effect_table,
    node_rows,
    node_totals,
)
from scheduling.tables import AllocationTable
from scheduling.views.acts import release_acts
from scheduling.words import allocation_status, amounts_words, kind_words, shape_words


@require_GET
@verb_required("allocation.view")
def allocation_list_page(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """A tenant's allocations."""
    viewer = viewer_of(request)
    rows = allocations_with_jobs(viewer=viewer).filter(tenant_key=tenant_key)
    found = AllocationPageFilter(request.GET, queryset=rows, request=request)
    may_ask = viewer.can("request.create", tenant_key)
    empty = Empty(
        title=_("You hold nothing yet"),
        text=_("Ask for capacity; what is approved appears here by itself."),
        action=_("Ask for capacity") if may_ask else "",
        url=f"/t/{tenant_key}/requests/new/" if may_ask else "",
        icon="stack-2",
    )
    may = viewer.can("allocation.release", tenant_key)
    table = table_build(
        AllocationTable,
        found.qs,
        request=request,
        empty=empty,
        exclude=("tenant_key",) if may else ("tenant_key", "select"),
    )
    context = {"table": table, "filter": found, "topic": f"tenant:{tenant_key}"}
    context |= {
        "below": below_shown(
            table,
            allocations_visible(viewer=viewer).filter(state__in=LIVE_STATES),
            request=request,
            tenant_key=tenant_key,
            field="tenant_key",
            title=_("The tenant itself holds nothing"),
            url_name="allocation_list",
            words=lambda n: ngettext("%(n)s allocation", "%(n)s allocations", n) % {"n": n},
        ),
        "layout": "layouts/tenant.html",
        "ask_url": empty.url,
        "path": f"/api/v1/allocations/?tenant={tenant_key}",
        "acts": release_acts() if may else (),
        "bulk_url": reverse("allocation_release_many", args=[tenant_key]),
    }
    return render(request, "scheduling/allocation_list.html", context)


@require_GET
@verb_required("allocation.view")
def allocation_all_page(request: HttpRequest) -> HttpResponseBase:
    """Everybody's allocations, for operators."""
    viewer = viewer_of(request)
    rows = allocations_with_jobs(viewer=viewer)
    found = AllocationAllPageFilter(request.GET, queryset=rows, request=request)
    may = viewer.can("allocation.release")
    exclude = () if may else ("select",)
    table = table_build(AllocationTable, found.qs, request=request, exclude=exclude)
    context = {"table": table, "filter": found, "topic": "allocations"}
    context |= {
        "layout": "layouts/ops.html",
        "path": "/api/v1/allocations/",
        "acts": release_acts() if may else (),
        "bulk_url": reverse("allocation_release_any"),
    }
    return render(request, "scheduling/allocation_list.html", context)


@require_GET
@verb_required("allocation.view")
def allocation_page(request: HttpRequest, tenant_key: str, allocation_id: int) -> HttpResponseBase:
    """One allocation: what it is, its job, where it stands, what it takes from quota."""
    viewer = viewer_of(request)
    found = allocation_get(allocation_id=allocation_id, viewer=viewer, tenant_key=tenant_key)
    context = _facts(found, viewer) | _job(found, viewer)
    effects = quota_effects(allocation=found)
    nodes = node_rows(found)
    context |= {
        "effects": effects,
        "effect_table": effect_table(effects),
        "nodes": nodes,
        "node_totals": node_totals(nodes, found),
        **({} if found.state in ENDED_STATES else _others(found)),
        "acts": allocation_story(found, allocation_acts(allocation=found, viewer=viewer)),
    }
    return render(request, "scheduling/allocation_page.html", context)


@require_GET
@verb_required("allocation.view")
def allocation_kubeconfig(
    request: HttpRequest, tenant_key: str, allocation_id: int
) -> HttpResponseBase:
    """A kubeconfig without credentials, as a file."""
    found = allocation_get(
        allocation_id=allocation_id, viewer=viewer_of(request), tenant_key=tenant_key
    )
    text = kubeconfig_text(found)
    response = HttpResponse(text, content_type="text/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.name}.kubeconfig.yaml"'
    return response


def _others(found: Allocation) -> dict[str, Any]:
    """Why the nodes that were not chosen took nothing, or nothing yet."""
    decision = decision_newest(found)
    if decision is None:
        return {}
    rows = refused_named(decision.explain.get("refused", ()))
    total = sum(row.count for row in rows)
    return {"others": rows, "others_total": total, "decided_at": decision.at}


def _facts(found: Allocation, viewer: Viewer) -> dict[str, Any]:
    drifts = drift_rows(found, viewer)
    base = reverse("allocation_list", args=[found.tenant_key])
    return {
        "allocation": found,
        "tenant_key": found.tenant_key,
        "crumbs": [
            (found.tenant_key, reverse("tenant_home", args=[found.tenant_key])),
            (_("Allocations"), base),
        ],
        "status": allocation_status(found),
        "kind_words": kind_words(found),
        "size": amounts_words(found.charged),
        "shape": shape_words(found),
        "reason": reason_shown(found.reason, viewer=viewer),
        "drifts": drifts,
        "seen_at": getattr(found, "seen_at", None),
        "facts_seconds": CONTACT_EVERY_SECONDS,
        "ended": found.state in ENDED_STATES,
        "command": connect_command(found),
        "is_open": found.kind == AllocationKind.OPEN,
    }


def _job(found: Allocation, viewer: Viewer) -> dict[str, Any]:
    job: JobRun | None = None
    if viewer.can("job.view", found.tenant_key):
        job = job_latest(key=found.job_key, viewer=viewer)
    context: dict[str, Any] = {
        "job": job,
        "topics": f"allocation:{found.pk} tenant:{found.tenant_key}",
    }
    may = viewer.can("allocation.release", found.tenant_key)
    undoing = job is not None and job.undoing and job.state in ACTIVE_STATES
    context["may_release"] = may and found.state in (*RELEASABLE, *COMING) and not undoing
    context["may_ask_again"] = found.state in ENDED_STATES and viewer.can(
        "request.create", found.tenant_key
    )
    context["may_replace"] = (
        viewer.can("allocation.edit", found.tenant_key)
        and found.state in RELEASABLE
        and found.kind == AllocationKind.WORKLOAD
        and not (job is not None and job.state in ACTIVE_STATES)
    )
    if job is None:
        return context
    now = timezone.now()
    later = job.state == JobState.QUEUED and job.due_at is not None and job.due_at > now
    context |= job_context(job=job, viewer=viewer, now=now, attempts=False)
    return context | {
        "starts_at": job.due_at if later and found.state == AllocationState.PLANNED else None,
        "topics": f"{context['topics']} job:{job.pk}",
    }
