"""The chassis as a Django app."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class PortalConfig(AppConfig):
    """Knows HTTP, jobs, sockets and looks; knows no domain word but "tenant key"."""

    name = "portal"

    def ready(self) -> None:
        """Register checks, periodic work and the bell; by name, since models don't exist before."""
        import_string("portal.registrations.registrations_make")()
