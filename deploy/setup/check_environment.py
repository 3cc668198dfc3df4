"""Variables with which settings load where no server is needed: for type checks and the like."""

from __future__ import annotations

import os


def check_environment() -> dict[str, str]:
    """Return an environment whose secrets are no secrets and whose database nobody asks."""
    own = {
        "BERTH_SECRET_KEY": "only-for-checks-" * 4,
        "BERTH_TOKEN_PEPPER": "only-for-checks-" * 4,
        "DATABASE_URL": "postgresql://berth_app@127.0.0.1:1/none",
        "DATABASE_OWNER_URL": "postgresql://berth_owner@127.0.0.1:1/none",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        # makemigrations wonders aloud that it can't reach the database; it need not.
        "PYTHONWARNINGS": "ignore::RuntimeWarning:django.core.management.commands.makemigrations",
    }
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | own
