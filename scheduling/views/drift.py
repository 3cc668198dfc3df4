"""Where clusters differ from what Berth wrote."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.pages import verb_required
from portal.ui.tables import table_build
from scheduling.filters import DriftFilter
from scheduling.models import Drift
from scheduling.tables import DriftTable


@require_GET
@verb_required("drift.view")
def drift_list_page(request: HttpRequest) -> HttpResponseBase:
    """Open differences; settled ones by filter."""
    rows = Drift.objects.select_related("cluster", "allocation")
    asked = request.GET.copy()
    asked.setdefault("open", "true")
    found = DriftFilter(asked, queryset=rows, request=request)
    table = table_build(DriftTable, found.qs, request=request)
    return render(request, "scheduling/drift_list.html", {"table": table, "filter": found})
