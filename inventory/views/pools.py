"""Pools in their order: what each has, changing them, and the preview while one types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inventory.forms import PoolForm, PoolNewForm
from inventory.inputs import selector_check
from inventory.models import Cluster, Pool
from inventory.selector_text import condition_format, toleration_format
from inventory.selectors.nodes import Capacity, pool_by_name, pool_capacities, pool_list
from inventory.selectors.overview import DeviceAmount, device_amounts
from inventory.selectors.pool_preview import pool_preview
from inventory.services.pool_removal import pool_delete
from inventory.services.pools import pool_create, pool_reorder, pool_update
from inventory.views.common import Crumbs, cluster_names_present
from portal.attempts import form_attempt
from portal.errors import Conflict, FieldErrors, Invalid, NotFound
from portal.pages import generation_sent, verb_required, viewer_of
from portal.ui.tables import rows_page

EXAMPLE = '{"name": "h100", "title": "H100 nodes", "selector": [{"key": "gpu", "operator": "In", "values": ["h100"]}]}'  # noqa: E501 -- one line of JSON


@dataclass(frozen=True, slots=True)
class PoolRow:
    """One line of the list of pools."""

    number: int
    pool: Pool
    capacity: Capacity
    devices: list[DeviceAmount]
    conditions: list[str]
    tolerations: list[str]
    clusters: list[str]
    first: bool
    last: bool


@require_GET
@verb_required("node.view")
def pool_list_page(request: HttpRequest) -> HttpResponseBase:
    """All pools, in the order in which nodes are tried."""
    viewer = viewer_of(request)
    capacities = pool_capacities()
    page = rows_page(list(pool_list()), request=request)
    first, count = page.start_index(), page.paginator.count
    rows = [
        PoolRow(
            number=number,
            pool=pool,
            capacity=(capacity := capacities.get(pool.pk, Capacity())),
            devices=device_amounts(capacity),
            conditions=[condition_format(term) for term in pool.selector],
            tolerations=[toleration_format(item) for item in pool.tolerations],
            clusters=[cluster.name for cluster in pool.clusters.all()],
            first=number == 1,
            last=number == count,
        )
        for number, pool in enumerate(page.object_list, first)
    ]
    rest = capacities.get(None, Capacity())
    context = {
        "rows": rows,
        "page": page,
        "rest": rest,
        "rest_devices": device_amounts(rest),
        "may_edit": viewer.can("pool.edit"),
    }
    return render(request, "inventory/pool_list.html", context)


@require_http_methods(["GET", "POST"])
@verb_required("pool.edit")
def pool_new_page(request: HttpRequest) -> HttpResponseBase:
    """A new pool, the last in order."""
    names = cluster_names_present()
    form = PoolNewForm(request.POST or None, clusters=names)
    status = 200
    if request.method == "POST":
        attempt = form_attempt(form, lambda data: pool_create(viewer=viewer_of(request), **data))
        if attempt.result is not None:
            messages.success(
                request, _("%(name)s exists, as the last pool.") % {"name": attempt.result.name}
            )
            return redirect("pool_list")
        status = attempt.status
    return _form_page(request, form, None, names, status)


@require_http_methods(["GET", "POST"])
@verb_required("node.view")
def pool_page(request: HttpRequest, name: str) -> HttpResponseBase:
    """A pool with its nodes; operators change it here."""
    viewer = viewer_of(request)
    pool = pool_list().filter(name=name).first()
    if pool is None:
        raise NotFound
    names = cluster_names_present()
    form = PoolForm(request.POST or None, clusters=names, initial=PoolForm.initial_of(pool))
    status = 200
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda data: pool_update(
                name=name,
                viewer=viewer,
                generation=generation_sent(request),
                **data,
            ),
        )
        if attempt.result is not None:
            messages.success(request, _("%(name)s was changed.") % {"name": name})
            return redirect("pool_list")
        status = attempt.status
    return _form_page(request, form, pool, names, status)


@require_POST
@verb_required("node.view")
def pool_preview_part(request: HttpRequest) -> HttpResponseBase:
    """Which nodes the typed conditions would give; changes nothing."""
    names = cluster_names_present()
    form = PoolForm(request.POST, clusters=names)
    name = request.GET.get("pool", "")
    pool = Pool.objects.filter(name=name).first() if name else None
    return render(request, "inventory/_pool_preview.html", _preview(form, pool))


@require_POST
@verb_required("pool.edit")
def pool_move_act(request: HttpRequest, name: str) -> HttpResponseBase:
    """One place up or down in the order."""
    names = list(pool_list().values_list("name", flat=True))
    pool_by_name(name=name)
    place = names.index(name)
    other = place + (1 if request.POST.get("way") == "down" else -1)
    if 0 <= other < len(names):
        names[place], names[other] = names[other], names[place]
        try:
            pool_reorder(names=names, viewer=viewer_of(request))
        except Invalid as error:  # somebody has made or deleted a pool meanwhile
            messages.error(request, str(error))
    return redirect("pool_list")


@require_POST
@verb_required("pool.edit")
def pool_delete_act(request: HttpRequest, name: str) -> HttpResponseBase:
    """Delete a pool that nothing refers to."""
    try:
        pool_delete(name=name, viewer=viewer_of(request), generation=generation_sent(request))
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("pool_page", name)
    messages.success(request, _("%(name)s was deleted.") % {"name": name})
    return redirect("pool_list")


def _form_page(
    request: HttpRequest, form: PoolForm, pool: Pool | None, names: list[str], status: int
) -> HttpResponse:
    crumbs: Crumbs = [(_("Pools"), reverse("pool_list"))]
    url = reverse("pool_preview") + (f"?pool={pool.name}" if pool else "")
    preview = _preview(PoolForm(_texts(form, pool), clusters=names), pool)
    context = {"form": form, "pool": pool, "crumbs": crumbs, "preview_url": url} | preview
    context |= {"example": EXAMPLE, "may_edit": viewer_of(request).can("pool.edit")}
    return render(request, "inventory/pool_form.html", context, status=status)


def _texts(form: PoolForm, pool: Pool | None) -> dict[str, Any]:
    """What stands in the form, for the first preview."""
    if form.is_bound:
        return {name: form.data.get(name, "") for name in ("title", "selector", "tolerations")} | {
            "clusters": list(cast(QueryDict, form.data).getlist("clusters"))
        }
    return PoolForm.initial_of(pool) if pool else {"title": "", "selector": "", "clusters": []}


def _preview(form: forms.Form, pool: Pool | None) -> dict[str, Any]:
    form.is_valid()
    errors = FieldErrors()
    selector = form.cleaned_data.get("selector")
    if selector is not None:
        selector_check(errors, "selector", selector)
    wrong = [str(text) for name in ("selector", "clusters") for text in form.errors.get(name, [])]
    wrong += [str(text) for texts in errors.fields.values() for text in texts]
    if wrong or selector is None:
        return {"preview": None, "wrong": wrong}
    chosen = form.cleaned_data.get("clusters")
    rows = Cluster.objects.present().filter(name__in=chosen) if chosen else Cluster.objects.none()
    found = pool_preview(
        selector=selector,
        cluster_ids=frozenset(rows.values_list("pk", flat=True)),
        pool_id=pool.pk if pool else None,
    )
    return {"preview": found, "wrong": []}
