"""The chassis as a Django app."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Knows HTTP, jobs, sockets and looks; knows no domain word but "tenant key"."""

    name = "portal"
