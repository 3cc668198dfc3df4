"""The inventory as a Django app."""

from importlib import import_module

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """What exists and how it is used; knows no queue, tenant or price."""

    name = "inventory"

    def ready(self) -> None:
        """Register jobs and topics, once the models are loaded."""
        import_module("inventory.registration").register()
