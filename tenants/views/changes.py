"""Changing a tenant: title, place in the tree, in use or not."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inventory.models import Pool
from portal.attempts import form_attempt
from portal.pages import generation_sent, verb_required, viewer_of
from portal.refusal import Refusal
from portal.ui.shell import titles_of
from portal.viewer import Viewer
from scheduling.selectors.promises import branch_promises
from scheduling.words import amounts_words
from tenants.forms import TenantArchiveForm, TenantForm, TenantMoveForm
from tenants.models import Tenant
from tenants.selectors.tenants import tenant_get
from tenants.services.archive import tenant_archive, tenant_restore
from tenants.services.tree import tenant_move, tenant_update
from tenants.views.tree import parent_chosen, place_choices


@require_http_methods(["GET", "POST"])
@verb_required("tenant.edit")
def tenant_edit_page(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """Title and kind."""
    tenant = tenant_get(key=tenant_key, viewer=viewer_of(request))
    initial = {"title": tenant.title, "kind": tenant.kind}
    form = TenantForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda data: tenant_update(
                key=tenant_key,
                title=str(data["title"]),
                kind=str(data["kind"]),
                viewer=viewer_of(request),
                generation=generation_sent(request),
            ),
        )
        if attempt.result is not None:
            messages.success(request, _("Changed."))
            return redirect("tenant_home", tenant_key)
        status = attempt.status
    context = {"form": form, "tenant": tenant, "crumbs": [(tenant.title, f"/t/{tenant.key}/")]}
    return render(request, "tenants/tenant_edit.html", context, status=status)


@require_http_methods(["GET", "POST"])
@verb_required("tenant.move")
def tenant_move_page(request: HttpRequest, key: str) -> HttpResponseBase:
    """Another parent; the form says what goes along."""
    viewer = viewer_of(request)
    tenant = tenant_get(key=key, viewer=viewer)
    form = TenantMoveForm(
        request.POST or None,
        parents=place_choices(viewer, tenant),
    )
    status, refusal = 200, None
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda data: tenant_move(
                key=key,
                parent_key=parent_chosen(data),
                viewer=viewer,
                generation=generation_sent(request),
            ),
        )
        if attempt.result is not None:
            messages.success(request, _("%(title)s moved.") % {"title": tenant.title})
            return redirect("tenant_page", key)
        status, refusal = attempt.status, attempt.refusal
    return _change(
        request, tenant, form, "tenant_move", status, refusal,
        promised=_promised(key, viewer),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@verb_required("tenant.archive")
def tenant_archive_page(request: HttpRequest, key: str) -> HttpResponseBase:
    """Out of use; the page says first what that means."""
    tenant = tenant_get(key=key, viewer=viewer_of(request))
    form = TenantArchiveForm(request.POST or None)
    status, refusal = 200, None
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda data: tenant_archive(
                key=key,
                viewer=viewer_of(request),
                now=timezone.now(),
                reason=str(data["reason"]),
                generation=generation_sent(request),
            ),
        )
        if attempt.result is not None:
            messages.success(request, _("%(title)s is archived.") % {"title": tenant.title})
            return redirect("tenant_page", key)
        status, refusal = attempt.status, attempt.refusal
    in_use = list(tenant.children.filter(archived_at=None))
    return _change(request, tenant, form, "tenant_archive", status, refusal, in_use=in_use)


@require_POST
@verb_required("tenant.archive")
def tenant_restore_act(request: HttpRequest, key: str) -> HttpResponseBase:
    """Back into use."""
    restored = tenant_restore(key=key, viewer=viewer_of(request))
    messages.success(request, _("%(title)s is in use again.") % {"title": restored.title})
    return redirect("tenant_page", key)


def _promised(key: str, viewer: Viewer) -> list[tuple[Pool, str, str]]:
    """Pool, tenant and amounts of each guarantee that keeps a branch where it is."""
    found = branch_promises(tenant_key=key)
    titles = titles_of(viewer, {each for _pool, each, _amounts in found})
    return [(pool, titles[each], amounts_words(amounts)) for pool, each, amounts in found]


def _change(
    request: HttpRequest,
    tenant: Tenant,
    form: TenantMoveForm | TenantArchiveForm,
    name: str,
    status: int,
    refusal: Refusal | None,
    **more: object,
) -> HttpResponse:
    below = tenant.children.count()
    crumbs = [(_("Tenants"), "/ops/tenants/"), (tenant.title, f"/ops/tenants/{tenant.key}/")]
    context = {
        "form": form,
        "tenant": tenant,
        "refusal": refusal,
        "below": below,
        "crumbs": crumbs,
        **more,
    }
    return render(request, f"tenants/{name}.html", context, status=status)
