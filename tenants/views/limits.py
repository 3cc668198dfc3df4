"""Limits for automatic approval of one tenant."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.attempts import form_attempt
from portal.pages import generation_sent, verb_required, viewer_of
from portal.ui.shell import titles_of
from portal.viewer import Viewer
from scheduling.words import amounts_words
from tenants.forms_limits import LimitsForm
from tenants.selectors.limits import limits_held, limits_pools, limits_resources
from tenants.selectors.tenants import tenant_get
from tenants.services.tree import tenant_update


@require_http_methods(["GET", "POST"])
@verb_required("limits.edit")
def tenant_limits_page(request: HttpRequest, key: str) -> HttpResponseBase:
    """Up to which amounts this tenant's requests are approved by rule."""
    viewer = viewer_of(request)
    tenant = tenant_get(key=key, viewer=viewer)
    limits = tenant.auto_approve_limits
    pools = limits_pools(limits)
    form = LimitsForm(
        request.POST if request.method == "POST" else None,
        pools=pools,
        resources=limits_resources(pools, limits),
        limits=limits,
        above=_above(key, viewer),
    )
    status = 200
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda data: tenant_update(
                key=key,
                auto_approve_limits=form.cleaned_data["limits"],
                viewer=viewer,
                generation=generation_sent(request),
            ),
        )
        if attempt.result is not None:
            messages.success(
                request, _("The limits of %(title)s are set.") % {"title": tenant.title}
            )
            return redirect("tenant_page", key)
        status = attempt.status
    context = {
        "form": form,
        "tenant": tenant,
        "crumbs": [(_("Tenants"), "/ops/tenants/"), (tenant.title, f"/ops/tenants/{key}/")],
    }
    return render(request, "tenants/tenant_limits.html", context, status=status)


def _above(key: str, viewer: Viewer) -> dict[str, str]:
    """By pool: what a tenant above sets, and which."""
    held = [limits for limits in limits_held(tenant_key=key) if limits.tenant_key != key]
    titles = titles_of(viewer, {limits.tenant_key for limits in held})
    return {
        limits.pool.name: _("from %(tenant)s: %(amounts)s")
        % {
            "tenant": titles[limits.tenant_key],
            "amounts": amounts_words(limits.amounts) or _("nothing"),
        }
        for limits in held
    }
