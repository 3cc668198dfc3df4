"""Money, as a Django app of its own."""

from django.apps import AppConfig


class CostsConfig(AppConfig):
    """Rating, ledger and budgets; nothing imports it."""

    name = "tenants.costs"
    label = "costs"
