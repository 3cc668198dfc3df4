"""Django for a benchmark: servers and a database of its own. Import this before any model."""

from __future__ import annotations

import logging
import os

import django
from django.conf import settings

import tests.bootstrap  # noqa: F401  (points this process at servers and a database of its own)
from tests.database import database_make

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
logging.disable(logging.WARNING)
django.setup()
# Pages name static files that nobody has collected: the sources do.
PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.STORAGES = settings.STORAGES | {"staticfiles": PLAIN}


def database_fresh() -> None:
    """Make this process's database anew, migrated and empty."""
    database_make()
