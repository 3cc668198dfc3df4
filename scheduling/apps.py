"""Scheduling as a Django app."""

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    """Who runs where and when."""

    name = "scheduling"
