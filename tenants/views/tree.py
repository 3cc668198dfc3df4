"""The tree of tenants, and making a tenant."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.contrib import messages
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from portal.attempts import form_attempt
from portal.pages import verb_required, viewer_of
from portal.ui.tables import table_build
from portal.viewer import Viewer
from tenants.choices import TenantKind
from tenants.filters import TenantFilter
from tenants.forms import NONE, TenantNewForm
from tenants.models import Tenant
from tenants.selectors.tenants import subtree_filter, tenant_get, tenant_list, tenant_tree
from tenants.services.tree import MAX_DEPTH, tenant_create
from tenants.tables import TenantTable

KINDS_BELOW: Mapping[str, TenantKind] = {TenantKind.ORGANISATION: TenantKind.DEPARTMENT}


@require_GET
@verb_required("tenant.view")
def tenant_list_page(request: HttpRequest) -> HttpResponseBase:
    """All tenants, as a tree."""
    rows = tenant_tree(viewer=viewer_of(request))
    found = TenantFilter(request.GET, queryset=rows, request=request)
    table = table_build(TenantTable, found.qs, request=request)
    return render(request, "tenants/tenant_list.html", {"table": table, "filter": found})


@require_http_methods(["GET", "POST"])
@verb_required("tenant.create")
def tenant_new_page(request: HttpRequest) -> HttpResponseBase:
    """A new tenant anywhere in the tree, for operators."""
    viewer = viewer_of(request)
    parent = request.GET.get("parent", NONE)
    parents = parent_choices(viewer)
    known = parent if parent in dict(parents) else NONE
    initial = {"parent": known, "kind": _kind_below(known, viewer)}
    form = TenantNewForm(request.POST or None, parents=parents, initial=initial)
    return _new(request, form, layout="layouts/ops.html", crumbs=[(_("Tenants"), "/ops/tenants/")])


@require_http_methods(["GET", "POST"])
@verb_required("tenant.create")
def tenant_below_page(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """A new tenant below one's own."""
    parent = tenant_get(key=tenant_key, viewer=viewer_of(request))
    form = TenantNewForm(
        request.POST or None,
        parents=[(parent.key, parent.title)],
        initial={"parent": parent.key, "kind": KINDS_BELOW.get(parent.kind, TenantKind.PROJECT)},
    )
    crumbs = [(parent.title, f"/t/{parent.key}/")]
    return _new(request, form, layout="layouts/tenant.html", crumbs=crumbs, below=tenant_key)


def parent_choices(viewer: Viewer) -> list[tuple[str, str]]:
    """Tenants that may be a parent, indented like the tree; the first stands for "none"."""
    rows = _parents(viewer).filter(depth__lt=MAX_DEPTH)
    return [(NONE, _("None: a root of its own")), *map(_parent_choice, rows)]


def place_choices(viewer: Viewer, tenant: Tenant) -> list[tuple[str, str]]:
    """Where a branch may be moved: not where it is, nor below itself, nor too deep."""
    below = tenant_list(viewer=viewer).filter(subtree_filter(tenant.path))
    deepest = below.aggregate(depth=Max("depth"))["depth"] or tenant.depth
    fits = _parents(viewer).filter(depth__lt=MAX_DEPTH - (deepest - tenant.depth))
    rows = fits.exclude(subtree_filter(tenant.path)).exclude(key=tenant.parent_id)
    root = [(NONE, _("None: a root of its own"))] if tenant.parent_id else []
    return [*root, *map(_parent_choice, rows)]


def _kind_below(parent_key: str, viewer: Viewer) -> str:
    """What a new tenant most likely is: a root is an organisation, below it is a department."""
    if parent_key == NONE:
        return TenantKind.ORGANISATION
    kind = _parents(viewer).filter(key=parent_key).values_list("kind", flat=True).first()
    return KINDS_BELOW.get(kind or "", TenantKind.PROJECT)


def _parents(viewer: Viewer) -> QuerySet[Tenant]:
    return tenant_list(viewer=viewer).filter(archived_at=None)


def _parent_choice(tenant: Tenant) -> tuple[str, str]:
    # No-break spaces: an option can't be indented in another way.
    return tenant.key, "   " * tenant.depth + tenant.title


def parent_chosen(data: dict[str, object]) -> str | None:
    """The key that was chosen; None for a root."""
    return None if data["parent"] == NONE else str(data["parent"])


def _new(
    request: HttpRequest,
    form: TenantNewForm,
    *,
    layout: str,
    crumbs: list[tuple[str, str]],
    below: str = "",
) -> HttpResponse:
    status = 200
    if request.method == "POST":
        attempt = form_attempt(form, lambda data: _create(request, data, below))
        if attempt.result is not None:
            messages.success(request, _("%(title)s exists.") % {"title": attempt.result.title})
            return redirect("tenant_page" if not below else "tenant_home", attempt.result.key)
        status = attempt.status
    example = {"key": "detect", "title": "Detection", "kind": "project", "parent": below or None}
    context = {"form": form, "layout": layout, "crumbs": crumbs, "example": json.dumps(example)}
    return render(request, "tenants/tenant_new.html", context, status=status)


def _create(request: HttpRequest, data: dict[str, object], below: str) -> Tenant:
    return tenant_create(
        key=str(data["key"]),
        title=str(data["title"]),
        kind=str(data["kind"]),
        parent_key=below or parent_chosen(data),
        viewer=viewer_of(request),
    )
