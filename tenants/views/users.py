"""Accounts, for operators."""

from __future__ import annotations

import secrets

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Count
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.attempts import form_attempt
from portal.errors import NotFound
from portal.pages import verb_required, viewer_of
from portal.ui.tables import table_build
from tenants.filters import UserFilter
from tenants.forms import NONE, PlatformRoleForm, UserForm
from tenants.selectors.users import user_search
from tenants.selectors.viewers import person_for_user
from tenants.services.platform import (
    platform_role_grant,
    platform_role_revoke,
    user_create,
    user_switch,
)
from tenants.tables import UserTable, user_status


@require_GET
@verb_required("user.view")
def user_list_page(request: HttpRequest) -> HttpResponseBase:
    """Everybody with an account."""
    rows = user_search(text="", viewer=viewer_of(request))
    found = UserFilter(
        request.GET, queryset=rows.annotate(tenant_count=Count("memberships")), request=request
    )
    table = table_build(UserTable, found.qs, request=request)
    return render(request, "tenants/user_list.html", {"table": table, "filter": found})


@never_cache
@require_http_methods(["GET", "POST"])
@verb_required("user.edit")
def user_new_page(request: HttpRequest) -> HttpResponseBase:
    """A new account; its first password is shown once."""
    form = UserForm(request.POST or None)
    status = 200
    if request.method == "POST":
        password = secrets.token_urlsafe(15)
        attempt = form_attempt(
            form,
            lambda data: user_create(
                username=str(data["username"]),
                email=str(data["email"]),
                password=password,
                viewer=viewer_of(request),
            ),
        )
        if attempt.result is not None:
            made = {"person": attempt.result, "password": password, "crumbs": _crumbs()}
            return render(request, "tenants/user_made.html", made, status=201)
        status = attempt.status
    context = {"form": form, "crumbs": _crumbs()}
    return render(request, "tenants/user_new.html", context, status=status)


@require_GET
@verb_required("user.view")
def user_page(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """One account: where it belongs and what it may do."""
    person = _account(user_id)
    rights = person_for_user(user_id)
    context = {
        "person": person,
        "status": user_status(person),
        "tenants": rights.tenants,
        "may_edit": viewer_of(request).can("user.edit"),
        "form": PlatformRoleForm(initial={"role": rights.platform_role or NONE}),
        "role": getattr(person, "platform_role", None),
        "crumbs": _crumbs(),
    }
    return render(request, "tenants/user_page.html", context)


@require_POST
@verb_required("role.edit")
def user_role_act(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Give or take a platform role."""
    person, viewer = _account(user_id), viewer_of(request)
    role = request.POST.get("role", "")
    if role != NONE:
        platform_role_grant(user_id=user_id, role=role, viewer=viewer)
    elif getattr(person, "platform_role", None) is not None:
        platform_role_revoke(user_id=user_id, viewer=viewer)
    messages.success(request, _("The platform role of %(name)s is changed.") % _named(person))
    return redirect("user_page", user_id)


@require_POST
@verb_required("user.edit")
def user_switch_act(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Let an account in, or keep it out at once."""
    active = request.POST.get("active") == "true"
    person = user_switch(user_id=user_id, active=active, viewer=viewer_of(request))
    words = _("%(name)s may sign in.") if active else _("%(name)s is signed out and kept out.")
    messages.success(request, words % _named(person))
    return redirect("user_page", user_id)


def _account(user_id: int) -> User:
    found = User.objects.select_related("platform_role").filter(pk=user_id).first()
    if found is None:
        raise NotFound
    return found


def _named(person: User) -> dict[str, str]:
    return {"name": person.username}


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Accounts"), "/ops/users/")]
