"""Tables of this app."""

from __future__ import annotations

from typing import Any

import django_tables2
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.ui.html import status_html
from portal.ui.tables import AgeColumn, BerthTable, Empty, NameColumn, NumberColumn, StatusColumn
from tenants.models import ApiToken, Tenant


def tenant_status(tenant: Tenant) -> tuple[str, Any]:
    """Icon and word."""
    return ("off", _("Archived")) if tenant.archived_at else ("ok", _("In use"))


def user_status(user: User) -> tuple[str, Any]:
    """Icon and word."""
    return ("ok", _("Active")) if user.is_active else ("off", _("Disabled"))


class TreeColumn(django_tables2.Column):
    """A tenant's title, indented by its depth, with the key beside it."""

    def render(self, value: str, record: Tenant) -> SafeString:
        """Indentation stops at eight levels; the key tells the rest."""
        return format_html(
            '<span class="b-tree b-tree-{}"><a class="b-name" href="{}">{}</a> '
            '<span class="b-dim">{}</span></span>',
            str(min(record.depth, 8)),
            reverse("tenant_page", args=[record.key]),
            value,
            record.key,
        )


class TenantTable(BerthTable):
    """The tree of tenants."""

    caption = _("Tenants")
    empty = Empty(
        title=_("No tenants yet"),
        text=_("A tenant is an organisation, a department or a project that gets quota."),
        action=_("Create the first tenant"),
        url="/ops/tenants/new/",
        icon="sitemap",
    )
    title = TreeColumn(verbose_name=_("Tenant"), order_by="path")
    kind = django_tables2.Column(
        verbose_name=_("Kind"), accessor="get_kind_display", order_by="kind"
    )
    status = StatusColumn(
        verbose_name=_("State"), of=tenant_status, empty_values=(), order_by="archived_at"
    )
    members = NumberColumn(verbose_name=_("Members"), accessor="member_count")
    children = NumberColumn(verbose_name=_("Tenants below"), accessor="child_count")
    created_at = AgeColumn(verbose_name=_("Created"))

    class Meta(BerthTable.Meta):
        row_attrs = {"class": lambda record: "is-root" if record.depth == 0 else ""}


class UserTable(BerthTable):
    """Accounts."""

    caption = _("People")
    username = NameColumn(
        verbose_name=_("User"),
        url=lambda user: reverse("user_page", args=[user.pk]),
        context=lambda user: user.email or _("no e-mail"),
    )
    status = StatusColumn(
        verbose_name=_("State"), of=user_status, empty_values=(), order_by="is_active"
    )
    platform_role = django_tables2.Column(
        verbose_name=_("Platform role"),
        accessor="platform_role__get_role_display",
        order_by="platform_role__role",
        default="–",
    )
    tenants = NumberColumn(verbose_name=_("Tenants"), accessor="tenant_count")
    last_login = AgeColumn(verbose_name=_("Last sign-in"), default=_("never"))

    class Meta(BerthTable.Meta):
        pass


def token_state(token: ApiToken, *, expired: bool) -> SafeString:
    """A token's state as icon and word."""
    if token.revoked_at is not None:
        return status_html("off", _("Revoked"))
    if expired:
        return status_html("off", _("Expired"))
    return status_html("ok", _("Valid")) if token.enabled else status_html("warn", _("Off"))
