"""Scheduling as a Django app."""

from importlib import import_module

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    """Who runs where and when."""

    name = "scheduling"

    def ready(self) -> None:
        """Register job kinds, projections, periodic work, topics and navigation."""
        import_module("scheduling.registration").register()
