"""The tenants app: people, teams, rights and what they ask for."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Knows who may do what."""

    name = "tenants"

    def ready(self) -> None:
        """Tell the chassis how to find out what somebody may do."""
        # Models exist only from here on, so this can't stand at the top.
        from portal.viewers import resolver_register  # noqa: PLC0415
        from tenants.selectors.viewers import viewer_resolve  # noqa: PLC0415

        resolver_register(viewer_resolve)
