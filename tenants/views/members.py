"""Members of a tenant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.attempts import form_attempt
from portal.errors import NotFound, Refused
from portal.pages import verb_required, viewer_of
from portal.ui.tables import Empty, table_build
from portal.viewer import Viewer
from tenants.choices import Role
from tenants.forms import MemberForm
from tenants.models import Membership
from tenants.selectors.tenants import tenant_get
from tenants.selectors.users import member_list, owner_is_last
from tenants.selectors.viewers import role_effect
from tenants.services.members import member_add, member_remove, member_role_change
from tenants.tables import MemberTable
from tenants.words import ROLE_HINTS, verb_title

PANEL_ROWS = 10


@dataclass(frozen=True, slots=True)
class RoleOption:
    """A role that a member could have, with what it would give and take."""

    role: str
    label: str
    hint: str
    current: bool
    gained: list[str]
    lost: list[str]


@require_http_methods(["GET", "POST"])
@verb_required("member.view")
def member_list_page(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """Everybody with a role here, and the form that adds one."""
    viewer = viewer_of(request)
    form = MemberForm(request.POST or None)
    status, refusal = 200, None
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda data: member_add(
                tenant_key=tenant_key,
                user_name=str(data["user"]),
                role=str(data["role"]),
                viewer=viewer,
            ),
        )
        if attempt.result is not None:
            name = attempt.result.user.username
            messages.success(request, _("%(name)s is a member now.") % {"name": name})
            return redirect("member_list", tenant_key)
        status, refusal = attempt.status, attempt.refusal
    members = member_list(tenant_key=tenant_key, viewer=viewer)
    context = _place(tenant_key, viewer) | {
        "table": table_build(MemberTable, members, request=request),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "tenants/member_list.html", context, status=status)


@require_GET
@verb_required("member.view")
def member_panel(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """The first members, for other pages."""
    viewer = viewer_of(request)
    members = member_list(tenant_key=tenant_key, viewer=viewer)
    may_add = viewer.can("member.edit", tenant_key)
    empty = Empty(
        title=_("No direct members"),
        text=_("People with a role in a tenant above may still act here."),
        action=_("Add a member") if may_add else "",
        url=reverse("member_list", args=[tenant_key]) if may_add else "",
        icon="users",
    )
    table = MemberTable(members[:PANEL_ROWS], orderable=False, exclude=("created_at",))
    table.empty = empty
    context = _place(tenant_key, viewer) | {"table": table, "count": members.count()}
    return render(request, "tenants/_members.html", context)


@require_GET
@verb_required("member.edit")
def member_page(request: HttpRequest, tenant_key: str, user_id: int) -> HttpResponseBase:
    """One member: each role with what it would give and take."""
    return _page(request, _member(tenant_key, user_id, viewer_of(request)))


def _page(
    request: HttpRequest, member: Membership, refused: Refused | None = None
) -> HttpResponseBase:
    viewer, tenant_key = viewer_of(request), member.tenant_id
    removal = role_effect(user_id=member.user_id, tenant_key=tenant_key, role="")
    context = {
        "tenant": tenant_get(key=tenant_key, viewer=viewer),
        "member": member,
        "last_owner": owner_is_last(member),
        "is_own": member.user_id == viewer.user_id,
        "refusal": refused.refusal if refused else None,
        "options": [_option(member, role) for role in Role.values],
        "removal": [verb_title(verb) for verb in removal.lost],
        "crumbs": [
            (tenant_key, f"/t/{tenant_key}/"),
            (_("Members"), f"/t/{tenant_key}/members/"),
        ],
    }
    status = refused.status if refused else 200
    return render(request, "tenants/member_page.html", context, status=status)


@require_POST
@verb_required("member.edit")
def member_role_act(request: HttpRequest, tenant_key: str, user_id: int) -> HttpResponseBase:
    """Give a member another role; the last owner keeps it, and the page says so."""
    viewer, role = viewer_of(request), request.POST.get("role", "")
    try:
        changed = member_role_change(
            tenant_key=tenant_key, user_id=user_id, role=role, viewer=viewer
        )
    except Refused as refused:
        return _page(request, _member(tenant_key, user_id, viewer), refused)
    words = _("%(name)s: the role is %(role)s now.")
    named = {"name": changed.user.username, "role": changed.get_role_display()}
    messages.success(request, words % named)
    return redirect("member_list", tenant_key)


@require_POST
@verb_required("member.view")
def member_remove_act(request: HttpRequest, tenant_key: str, user_id: int) -> HttpResponseBase:
    """Take a member out; anybody may leave but the last owner, and the page says so."""
    viewer = viewer_of(request)
    try:
        member_remove(tenant_key=tenant_key, user_id=user_id, viewer=viewer)
    except Refused as refused:
        return _page(request, _member(tenant_key, user_id, viewer), refused)
    if user_id == viewer.user_id and not viewer.sees_all:
        messages.success(request, _("You have left the tenant."))
        return redirect("home")
    messages.success(request, _("Removed."))
    return redirect("member_list", tenant_key)


def _place(tenant_key: str, viewer: Viewer) -> dict[str, Any]:
    return {
        "tenant": tenant_get(key=tenant_key, viewer=viewer),
        "may_edit": viewer.can("member.edit", tenant_key),
        "own_id": viewer.user_id,
    }


def _member(tenant_key: str, user_id: int, viewer: Viewer) -> Membership:
    found = member_list(tenant_key=tenant_key, viewer=viewer).filter(user_id=user_id).first()
    if found is None:
        raise NotFound
    return found


def _option(member: Membership, role: str) -> RoleOption:
    effect = role_effect(user_id=member.user_id, tenant_key=member.tenant_id, role=role)
    return RoleOption(
        role=role,
        label=str(Role(role).label),
        hint=str(ROLE_HINTS[role]),
        current=role == member.role,
        gained=[verb_title(verb) for verb in effect.gained],
        lost=[verb_title(verb) for verb in effect.lost],
    )
