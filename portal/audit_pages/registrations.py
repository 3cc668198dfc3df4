"""What the audit log registers with the shell."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.ui.nav import NavItem, nav_register


def registrations_make() -> None:
    """Register; called once, from the chassis' own registrations."""
    nav_register(
        NavItem(
            label=_("Audit"),
            url_name="audit_list",
            icon="history",
            area="ops",
            verb="audit.view",
            group=_("Control"),
            order=90,
            letter="l",
        )
    )
