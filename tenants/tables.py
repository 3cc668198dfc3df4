"""Tables of this app."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_tables2
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.ui.html import chip_html, rel_time_html, status_html, two_lines_html
from portal.ui.tables import (
    AgeColumn,
    BerthTable,
    Empty,
    NameColumn,
    NumberColumn,
    SelectColumn,
    StatusColumn,
)
from portal.viewer import Viewer
from tenants.models import ApiToken, Membership, Tenant
from tenants.words import verb_title

ACTIONS: Any = {"td": {"class": "b-num b-bare"}, "th": {"class": "b-num"}}


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
        verb="tenant.create",
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
    created_at = AgeColumn(verbose_name=_("Created"), ago=True)

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
    tenants = NumberColumn(verbose_name=_("Own roles"), accessor="tenant_count")
    last_login = AgeColumn(verbose_name=_("Last sign-in"), ago=True, default=_("never"))

    class Meta(BerthTable.Meta):
        pass


def token_state(token: ApiToken, *, expired: bool) -> SafeString:
    """A token's state as icon and word."""
    if token.revoked_at is not None:
        return status_html("off", _("Revoked"))
    if expired:
        return status_html("off", _("Expired"))
    return status_html("ok", _("Valid")) if token.enabled else status_html("warn", _("Off"))


class ScopesColumn(django_tables2.Column):
    """What a token may: its first scope, and how many more."""

    def render(self, value: list[str]) -> SafeString:
        """Two lines."""
        more = len(value) - 1
        words = ngettext("and %(more)s more", "and %(more)s more", more) % {"more": more}
        return two_lines_html(verb_title(value[0]), words if more else "")


class TokenTable(BerthTable):
    """Tokens of a tenant or of the platform; `viewer` and `now` say what may be done to each."""

    caption = _("Tokens")
    select = SelectColumn(of=lambda token: token.name if token.may_end else "")
    name = NameColumn(verbose_name=_("Token"), context=lambda token: f"berth_{token.public_id}_…")
    state = django_tables2.Column(
        verbose_name=_("State"),
        empty_values=(),
        order_by=("-usable", "-enabled"),
        attrs={"td": {"class": "b-lead"}},
    )
    scopes = ScopesColumn(verbose_name=_("May"), orderable=False)
    created_by = django_tables2.Column(
        verbose_name=_("Made by"), accessor="created_by__username", order_by="created_by__username"
    )
    expires_at = AgeColumn(verbose_name=_("Ends in"), until=True)
    last_used_at = AgeColumn(verbose_name=_("Last used"), ago=True, default=_("never"))
    actions = django_tables2.TemplateColumn(
        template_name="tenants/_token_actions.html",
        verbose_name=_("Actions"),
        orderable=False,
        attrs=ACTIONS,
    )

    class Meta(BerthTable.Meta):
        row_attrs = {"class": lambda record: "" if record.usable else "is-stale"}

    def __init__(self, *arguments: Any, viewer: Viewer, now: datetime, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.viewer, self.now = viewer, now

    def render_state(self, record: ApiToken) -> SafeString:
        """Icon and word."""
        return token_state(record, expired=record.expires_at <= self.now)

    def render_expires_at(self, record: ApiToken) -> SafeString | str:
        """Nothing ends twice."""
        usable = getattr(record, "usable", False)
        return rel_time_html(record.expires_at, until=True) if usable else "–"

    def render_last_used_at(self, record: ApiToken, value: datetime) -> SafeString:
        """When, and from where."""
        return two_lines_html(rel_time_html(value), record.last_used_ip or "")


class MemberTable(BerthTable):
    """Direct members of a tenant; `may_edit` and `own_id` say what stands at the end of a row."""

    caption = _("Members")
    plain_head = True
    empty = Empty(
        title=_("No direct members"),
        text=_("People with a role in a tenant above may still act here."),
        icon="users",
    )
    user = NameColumn(
        verbose_name=_("Member"),
        accessor="user__username",
        context=lambda member: member.user.email or _("no e-mail"),
    )
    role = django_tables2.Column(verbose_name=_("Role"), attrs={"td": {"class": "b-lead"}})
    created_at = AgeColumn(verbose_name=_("Member for"))
    actions = django_tables2.TemplateColumn(
        template_name="tenants/_member_actions.html",
        verbose_name=_("Actions"),
        orderable=False,
        attrs=ACTIONS,
    )

    class Meta(BerthTable.Meta):
        pass

    def render_role(self, record: Membership) -> SafeString:
        """A chip."""
        return chip_html(record.get_role_display())
