"""Giving an allocation back, and placing it anew: a plan first, then the act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.attempts import form_attempt
from portal.models import JobRun
from portal.pages import verb_required, viewer_of
from portal.ui.bulk import Bulk, BulkAct, BulkAsk, bulk_answer
from scheduling.choices import ENDED_STATES, AllocationKind
from scheduling.forms import ReleaseForm, ReplaceForm
from scheduling.models import Allocation
from scheduling.selectors.allocation_list import (
    allocation_get,
    allocations_visible,
    pods_by_node,
)
from scheduling.services.allocations import COMING, allocation_release, allocation_replace
from scheduling.tables import allocation_name
from scheduling.words import amounts_words, shape_words


@require_http_methods(["GET", "POST"])
@verb_required("allocation.release")
def release_page(request: HttpRequest, tenant_key: str, allocation_id: int) -> HttpResponseBase:
    """What stops, what comes back and when; then the button."""
    found = allocation_get(
        allocation_id=allocation_id,
        viewer=viewer_of(request),
        verb="allocation.release",
        tenant_key=tenant_key,
    )
    return _planned(
        request,
        found,
        form=ReleaseForm(request.POST if request.method == "POST" else None),
        act=allocation_release,
        said=_("%(job)s gives it back."),
        template="scheduling/release_page.html",
    )


def release_acts() -> tuple[BulkAct, ...]:
    """What may be done to many allocations."""
    text = _(
        "Their pods are stopped and not started again. What they hold returns to the quota when"
        " the cluster confirms that the pods are gone."
    )
    return (BulkAct("release", _("Release"), text, icon="transfer", danger=True),)


@require_POST
@verb_required("allocation.release")
def release_many(request: HttpRequest, tenant_key: str | None = None) -> HttpResponseBase:
    """Give several back, each by a job of its own; those that can't be say why."""
    viewer = viewer_of(request)
    rows = allocations_visible(viewer=viewer)

    def release(allocation: Allocation, ask: BulkAsk) -> str:
        job = allocation_release(allocation=allocation, viewer=viewer, why=ask.why)
        return _("%(job)s gives it back.") % {"job": job.ref}

    bulk = Bulk(
        rows=rows.filter(tenant_key=tenant_key) if tenant_key else rows,
        acts=release_acts(),
        name=allocation_name,
        do=release,
        title=_("Allocation"),
        back=reverse("allocation_list", args=[tenant_key])
        if tenant_key
        else reverse("allocation_all"),
        layout="layouts/tenant.html" if tenant_key else "layouts/ops.html",
    )
    return bulk_answer(request, bulk)


@require_http_methods(["GET", "POST"])
@verb_required("allocation.edit")
def replace_page(request: HttpRequest, tenant_key: str, allocation_id: int) -> HttpResponseBase:
    """Other nodes for a workload whose nodes can't serve it."""
    found = allocation_get(
        allocation_id=allocation_id,
        viewer=viewer_of(request),
        verb="allocation.edit",
        tenant_key=tenant_key,
    )
    return _planned(
        request,
        found,
        form=ReplaceForm(request.POST if request.method == "POST" else None),
        act=allocation_replace,
        said=_("%(job)s places it again."),
        template="scheduling/replace_page.html",
    )


def _planned(
    request: HttpRequest,
    found: Allocation,
    *,
    form: ReleaseForm | ReplaceForm,
    act: Callable[..., JobRun],
    said: str,
    template: str,
) -> HttpResponseBase:
    """The plan; posted, the act with its reason, and back to the allocation where it was taken."""
    status = 200
    if request.method == "GET" and found.state in ENDED_STATES:
        messages.info(request, _("%(name)s has ended already.") % {"name": found.name})
        return redirect("allocation_page", found.tenant_key, found.pk)
    if request.method == "POST":
        viewer = viewer_of(request)
        attempt = form_attempt(form, lambda data: act(allocation=found, viewer=viewer, **data))
        if attempt.result is not None:
            messages.success(request, said % {"job": attempt.result.ref})
            return redirect("allocation_page", found.tenant_key, found.pk)
        status = attempt.status
    return render(request, template, _plan(found, form), status=status)


def _plan(found: Allocation, form: ReleaseForm | ReplaceForm) -> dict[str, Any]:
    """What both plans show."""
    pods = [pod for each in pods_by_node(found).values() for pod in each]
    running = [pod for pod in pods if pod["phase"] in {"Running", "Pending"}]
    return {
        "allocation": found,
        "form": form,
        "size": amounts_words(found.charged),
        "shape": shape_words(found),
        "pods": [pod["name"] for pod in running[:20]],
        "pod_count": len(running),
        "is_open": found.kind == AllocationKind.OPEN,
        "coming": found.state in COMING,
        "crumbs": [
            (found.tenant_key, reverse("tenant_home", args=[found.tenant_key])),
            (_("Allocations"), reverse("allocation_list", args=[found.tenant_key])),
            (found.name, reverse("allocation_page", args=[found.tenant_key, found.pk])),
        ],
    }
