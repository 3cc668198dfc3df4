"""The inventory as a Django app."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """What exists and how it is used; knows no queue, tenant or price."""

    name = "inventory"
