"""What this app tells the chassis at start: one place to see all of it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.act_objects import ObjectPage, object_pages_register
from portal.acts import acts_register
from portal.notices.readers import languages_register
from portal.search.kinds import search_register
from portal.tenancy import tenancy_register
from portal.ui.nav import NavItem, nav_register
from portal.ui.panels import Panel, panel_register
from portal.ui.shell import shell_register
from portal.viewers import audience_register, resolver_register
from tenants.acts import ACTS, BY_BERTH, OBJECTS
from tenants.demo_accounts import demo_accounts
from tenants.found import KINDS
from tenants.guides import guides_register
from tenants.notice_kinds import member_kinds_register
from tenants.request_registrations import requests_register
from tenants.selectors.languages import languages_of
from tenants.selectors.users import audience_of
from tenants.selectors.viewers import viewer_resolve
from tenants.services.rows import tenants_hold
from tenants.switcher import tenant_choices, tenant_titles
from tenants.topics import topics_register

PEOPLE = _("People")
TEAM = _("Team")

OPS_ITEMS = (
    NavItem(
        label=_("Tenants"),
        url_name="tenant_list",
        icon="sitemap",
        area="ops",
        verb="tenant.view",
        group=PEOPLE,
        order=60,
        letter="t",
    ),
    NavItem(
        label=_("Accounts"),
        url_name="user_list",
        icon="users",
        area="ops",
        verb="user.view",
        group=PEOPLE,
        order=61,
        letter="u",
    ),
    NavItem(
        label=_("Platform tokens"),
        url_name="platform_token_list",
        icon="key",
        area="ops",
        verb="token.view",
        group=PEOPLE,
        order=62,
    ),
)
TENANT_ITEMS = (
    NavItem(
        label=_("Home"),
        url_name="tenant_home",
        icon="home",
        area="tenant",
        verb="tenant.view",
        order=10,
        letter="h",
        on_phone=True,
    ),
    NavItem(
        label=_("Members"),
        url_name="member_list",
        icon="users",
        area="tenant",
        verb="member.view",
        group=TEAM,
        order=60,
        letter="m",
    ),
    NavItem(
        label=_("Tokens"),
        url_name="token_list",
        icon="key",
        area="tenant",
        verb="token.view",
        group=TEAM,
        order=61,
    ),
    NavItem(
        label=_("Activity"),
        url_name="tenant_activity",
        icon="history",
        area="tenant",
        verb="audit.view",
        group=TEAM,
        order=62,
    ),
)
PANELS = (
    Panel(
        "tenant",
        "members",
        _("Members"),
        "member_panel",
        "member.view",
        60,
        True,
        side=True,
        rest="/api/v1/tenants/{}/members/",
    ),
    *(
        Panel(
            place,
            "activity",
            _("Activity"),
            "tenant_activity_panel",
            "audit.view",
            70,
            True,
            side=True,
            rest="/api/v1/audit/?tenant={}",
        )
        for place in ("tenant", "tenant_home")
    ),
)


def registrations_make() -> None:
    """Register with the chassis; called once, from `ready`."""
    resolver_register(viewer_resolve)
    audience_register(audience_of)
    languages_register(languages_of)
    tenancy_register(tenants_hold)
    topics_register()
    acts_register(ACTS, OBJECTS, by_berth=BY_BERTH)
    object_pages_register(
        {"request": ObjectPage("request_page", "request.view", sign="#", of_tenant=True)}
    )
    search_register(*KINDS)
    member_kinds_register()
    requests_register()
    nav_register(*OPS_ITEMS, *TENANT_ITEMS)
    panel_register(*PANELS)
    guides_register()
    shell_register(
        tenant_choices=tenant_choices,
        tenant_titles=tenant_titles,
        account_url_name="settings",
        demo_accounts=demo_accounts,
    )
