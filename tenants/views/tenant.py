"""One tenant: the operator's page with its tabs, the tenant's own home, and its activity."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from portal.pages import verb_required, viewer_of
from portal.ui.guides import guide_for
from portal.ui.panels import PanelLink, panels_for
from portal.ui.shell import titles_of
from portal.ui.tables import rows_page
from portal.viewer import Viewer
from scheduling.words import amounts_words
from tenants.models import Tenant
from tenants.selectors.activity import activity_entries, acts_of
from tenants.selectors.limits import limits_held
from tenants.selectors.tenants import tenant_get, tenant_tree
from tenants.tables import tenant_status

PANEL_ACTS = 8


@require_GET
@verb_required("tenant.view")
def tenant_page(request: HttpRequest, key: str, tab: str = "") -> HttpResponseBase:
    """A tenant as operators see it; `tab` is the name of a registered panel."""
    viewer = viewer_of(request)
    context = _facts(key, viewer)
    panels: list[PanelLink] = context["panels"]
    current = next((panel for panel in panels if panel.name == tab), None)
    if tab and current is None:
        raise Http404
    context["current"] = current
    context["tabs"] = _tabs(key, panels, tab)
    context["crumbs"] = _crumbs(context["parent"])
    context["may_limit"] = viewer.can("limits.edit")
    return render(request, "tenants/tenant_page.html", context)


@require_GET
@verb_required("tenant.view")
def tenant_home(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """A tenant as its members see it; remembers where they were."""
    request.session["tenant_key"] = tenant_key
    viewer = viewer_of(request)
    context = _facts(tenant_key, viewer)
    context["panels"] = panels_for(place="tenant_home", viewer=viewer, tenant_key=tenant_key)
    context["may_edit"] = viewer.can("tenant.edit", tenant_key)
    context["guide"] = guide_for(place="tenant_home", viewer=viewer, tenant_key=tenant_key)
    return render(request, "tenants/tenant_home.html", context)


@require_GET
@verb_required("audit.view")
def activity_page(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """What was done in a tenant, page by page, newest first."""
    viewer = viewer_of(request)
    page = rows_page(activity_entries(tenant_key=tenant_key, viewer=viewer), request=request)
    context = {
        "tenant": tenant_get(key=tenant_key, viewer=viewer),
        "entries": acts_of(page, viewer=viewer, now=timezone.now()),
        "page": page,
    }
    return render(request, "tenants/activity.html", context)


@require_GET
@verb_required("audit.view")
def activity_panel(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """The latest of it, for other pages."""
    viewer = viewer_of(request)
    rows = activity_entries(tenant_key=tenant_key, viewer=viewer)[:PANEL_ACTS]
    entries = acts_of(rows, viewer=viewer, now=timezone.now())
    return render(request, "tenants/_activity.html", {"entries": entries, "tenant_key": tenant_key})


def _facts(key: str, viewer: Viewer) -> dict[str, Any]:
    tenant = tenant_get(key=key, viewer=viewer)
    above: list[Tenant] = []
    if tenant.parent_id and viewer.sees(tenant.parent_id):
        above = [tenant.parent] if tenant.parent else []
    return {
        "tenant": tenant,
        "status": tenant_status(tenant),
        "parent": above[0] if above else None,
        "limits": _limits(key, viewer),
        "children": list(tenant_tree(viewer=viewer).filter(parent__key=key)),
        "panels": panels_for(place="tenant", viewer=viewer, tenant_key=key),
    }


def _limits(key: str, viewer: Viewer) -> list[tuple[str, str, str]]:
    """Pool, amounts, and which tenant above sets them: empty where it is this one."""
    held = limits_held(tenant_key=key)
    above = {limits.tenant_key for limits in held} - {key}
    # Who belongs to a project alone is not told what stands above it.
    titles = dict.fromkeys(above, _("a tenant above")) | titles_of(
        viewer, [name for name in above if viewer.sees(name)]
    )
    return [
        (limits.pool.title, amounts_words(limits.amounts), titles.get(limits.tenant_key, ""))
        for limits in held
    ]


def _crumbs(parent: Tenant | None) -> list[tuple[str, str]]:
    above = [(parent.title, reverse("tenant_page", args=[parent.key]))] if parent else []
    return [(_("Tenants"), reverse("tenant_list")), *above]


def _tabs(key: str, panels: list[PanelLink], tab: str) -> list[tuple[Any, str, bool, None]]:
    """Summary and one tab for each panel, as <c-tabs> wants them."""
    summary = (_("Summary"), reverse("tenant_page", args=[key]), not tab, None)
    return [
        summary,
        *(
            (panel.title, reverse("tenant_tab", args=[key, panel.name]), panel.name == tab, None)
            for panel in panels
        ),
    ]
