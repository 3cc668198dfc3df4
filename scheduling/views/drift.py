"""Where clusters differ from what Berth wrote."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal.errors import Conflict, Invalid
from portal.pages import reason_sent, verb_required, viewer_of
from portal.ui.bulk import Bulk, BulkAct, BulkAsk, bulk_answer
from portal.ui.tables import table_build
from scheduling.filters import DriftPageFilter
from scheduling.models import Drift
from scheduling.services.drift import drift_choose
from scheduling.tables import DriftTable, drift_name


@require_GET
@verb_required("drift.view")
def drift_list_page(request: HttpRequest) -> HttpResponseBase:
    """Open differences; settled ones by filter."""
    viewer = viewer_of(request)
    rows = Drift.objects.visible_to(viewer).select_related("cluster", "allocation")
    asked = request.GET.copy()
    asked.setdefault("open", "true")
    found = DriftPageFilter(asked, queryset=rows, request=request)
    may = viewer.can("drift.edit")
    exclude = () if may else ("select",)
    table = table_build(DriftTable, found.qs, request=request, exclude=exclude)
    context = {"table": table, "filter": found, "acts": drift_acts() if may else ()}
    return render(request, "scheduling/drift_list.html", context)


@require_POST
@verb_required("drift.edit")
def drift_choose_act(request: HttpRequest, drift_id: int) -> HttpResponseBase:
    """Settle a difference: what the cluster has, or what Berth wrote."""
    viewer = viewer_of(request)
    rows = Drift.objects.visible_to(viewer).select_related("allocation")
    found = get_object_or_404(rows, pk=drift_id)
    choice, why = request.POST.get("choice", ""), reason_sent(request)
    try:
        drift_choose(drift=found, choice=choice, why=why, viewer=viewer)
        messages.success(request, _("Settled."))
    except (Conflict, Invalid) as error:
        messages.error(request, error.sentences)
    if found.allocation is None:
        return redirect("drift_list")
    return redirect("allocation_page", found.tenant_key, found.allocation.pk)


def drift_acts() -> tuple[BulkAct, ...]:
    """What may be done to many differences; not each offers both."""
    restore = _("A job writes each object again as Berth wrote it, over what others changed.")
    accept = _("What the clusters have holds from now on.")
    return (
        BulkAct("accept", _("Accept"), accept, icon="check"),
        BulkAct("restore", _("Restore"), restore, icon="refresh"),
    )


@require_POST
@verb_required("drift.edit")
def drift_choose_many(request: HttpRequest) -> HttpResponseBase:
    """Settle several differences in one way; those that don't offer it say so."""
    viewer = viewer_of(request)

    def choose(drift: Drift, ask: BulkAsk) -> str:
        drift_choose(drift=drift, choice=ask.act.value, why=ask.why, viewer=viewer)
        return _("Settled.")

    bulk = Bulk(
        rows=Drift.objects.visible_to(viewer).select_related("allocation"),
        acts=drift_acts(),
        name=drift_name,
        do=choose,
        title=_("Object"),
        back=reverse("drift_list"),
        layout="layouts/ops.html",
    )
    return bulk_answer(request, bulk)
