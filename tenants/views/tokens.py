"""Tokens of a tenant, and those of the whole platform (`tenant_key` None)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.attempts import form_attempt
from portal.errors import NotFound
from portal.pages import verb_required, viewer_of
from portal.ui.bulk import Bulk, BulkAct, BulkAsk, bulk_answer
from portal.ui.tables import Empty, table_build
from portal.viewer import Viewer
from tenants.forms import TokenForm
from tenants.models import ApiToken
from tenants.selectors.tokens import tokens_shown
from tenants.services.tokens import token_create, token_revoke, token_rotate, token_switch
from tenants.tables import TokenTable
from tenants.tokens import TokenText


@require_GET
@verb_required("token.view")
def token_list_page(request: HttpRequest, tenant_key: str | None = None) -> HttpResponseBase:
    """Tokens, valid ones first; their values are not here."""
    now, viewer = timezone.now(), viewer_of(request)
    place = _place(tenant_key)
    may_create = viewer.can("token.create", tenant_key) and viewer.kind == "user"
    empty = Empty(
        title=_("No tokens yet"),
        text=_("Make one for a pipeline or a script that calls the REST API."),
        action=_("New token") if may_create else "",
        url=place["new_url"] if may_create else "",
        icon="key",
    )
    rows = tokens_shown(tenant_key=tenant_key, viewer=viewer, now=now)
    may_end = viewer.can("token.create", tenant_key)
    table = table_build(
        TokenTable,
        rows,
        request=request,
        empty=empty,
        exclude=() if may_end else ("select",),
        viewer=viewer,
        now=now,
    )
    context = place | {"table": table, "may_create": may_create}
    context |= {"acts": token_acts() if may_end else (), "bulk_url": f"{place['list_url']}revoke/"}
    return render(request, "tenants/token_list.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@verb_required("token.create")
def token_new_page(request: HttpRequest, tenant_key: str | None = None) -> HttpResponseBase:
    """The form; its answer is the only place where the value is ever shown."""
    viewer, now = viewer_of(request), timezone.now()
    form = TokenForm(request.POST or None, viewer=viewer, tenant_key=tenant_key)
    status, refusal = 200, None
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda data: token_create(
                name=str(data["name"]),
                tenant_key=tenant_key,
                scopes=form.cleaned_data["scopes"],
                expires_at=now + timedelta(days=form.cleaned_data["days"]),
                viewer=viewer,
                now=now,
            ),
        )
        if attempt.result is not None:
            return _made(request, tenant_key, *attempt.result)
        status, refusal = attempt.status, attempt.refusal
    context = _place(tenant_key) | {"form": form, "refusal": refusal}
    return render(request, "tenants/token_new.html", context, status=status)


@never_cache
@require_POST
@verb_required("token.create")
def token_rotate_act(
    request: HttpRequest, token_id: int, tenant_key: str | None = None
) -> HttpResponseBase:
    """Replace one's own token; shows the new value once."""
    viewer = viewer_of(request)
    _token(token_id, tenant_key, viewer)
    return _made(
        request,
        tenant_key,
        *token_rotate(token_id=token_id, viewer=viewer, now=timezone.now()),
    )


@require_POST
@verb_required("token.create")
def token_revoke_act(
    request: HttpRequest, token_id: int, tenant_key: str | None = None
) -> HttpResponseBase:
    """End a token at once."""
    viewer = viewer_of(request)
    _token(token_id, tenant_key, viewer)
    revoked = token_revoke(token_id=token_id, viewer=viewer, now=timezone.now())
    messages.success(request, _("%(name)s is revoked.") % {"name": revoked.name})
    return redirect(_place(tenant_key)["list_url"])


@require_POST
@verb_required("token.create")
def token_revoke_many(request: HttpRequest, tenant_key: str | None = None) -> HttpResponseBase:
    """End several at once; each that one may not end says so."""
    viewer, now, place = viewer_of(request), timezone.now(), _place(tenant_key)

    def revoke(token: ApiToken, _ask: BulkAsk) -> str:
        if token.revoked_at is not None:
            return _("It was revoked before.")
        token_revoke(token_id=token.pk, viewer=viewer, now=now)
        return _("Revoked.")

    bulk = Bulk(
        rows=_rows(tenant_key, viewer),
        acts=token_acts(),
        name=lambda token: token.name,
        do=revoke,
        title=_("Token"),
        back=place["list_url"],
        layout=place["layout"],
    )
    return bulk_answer(request, bulk)


def token_acts() -> tuple[BulkAct, ...]:
    """What may be done to many tokens."""
    text = _("Programs that use these tokens get no answer any more. This can't be undone.")
    return (BulkAct("revoke", _("Revoke"), text, icon="trash", danger=True),)


@require_POST
@verb_required("token.create")
def token_switch_act(
    request: HttpRequest, token_id: int, tenant_key: str | None = None
) -> HttpResponseBase:
    """Off for a while, or on again."""
    viewer = viewer_of(request)
    _token(token_id, tenant_key, viewer)
    enabled = request.POST.get("enabled") == "true"
    token_switch(token_id=token_id, enabled=enabled, viewer=viewer)
    messages.success(request, _("Switched on.") if enabled else _("Switched off."))
    return redirect(_place(tenant_key)["list_url"])


def _rows(tenant_key: str | None, viewer: Viewer) -> Any:
    return ApiToken.objects.visible_to(viewer).filter(tenant_id=tenant_key)


def _token(token_id: int, tenant_key: str | None, viewer: Viewer) -> None:
    """The address must name the token's own tenant."""
    if not _rows(tenant_key, viewer).filter(pk=token_id).exists():
        raise NotFound


def _place(tenant_key: str | None) -> dict[str, Any]:
    prefix, args = ("token", [tenant_key]) if tenant_key else ("platform_token", [])
    list_url = reverse(f"{prefix}_list", args=args)
    home = [(tenant_key, reverse("tenant_home", args=args))] if tenant_key else []
    return {
        "crumbs": [*home, (_("Tokens") if tenant_key else _("Platform tokens"), list_url)],
        "tenant_key": tenant_key,
        "layout": "layouts/tenant.html" if tenant_key else "layouts/ops.html",
        "list_url": list_url,
        "new_url": reverse(f"{prefix}_new", args=args),
        "api_path": f"/api/v1/tenants/{tenant_key}/tokens/" if tenant_key else "/api/v1/tokens/",
    }


def _made(
    request: HttpRequest, tenant_key: str | None, token: ApiToken, text: TokenText
) -> HttpResponse:
    context = _place(tenant_key) | {"token": token, "text": str(text)}
    context["test"] = (
        f"curl -H 'Authorization: Bearer {text}' {request.build_absolute_uri('/api/v1/me/')}"
    )
    return render(request, "tenants/token_made.html", context, status=201)
