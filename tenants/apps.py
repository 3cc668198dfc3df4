"""The tenants app: people, teams, rights and what they ask for."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class TenantsConfig(AppConfig):
    """Knows who may do what."""

    name = "tenants"

    def ready(self) -> None:
        """Register with the chassis; by name, since models don't exist before."""
        import_string("tenants.registrations.registrations_make")()
