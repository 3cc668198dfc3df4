"""A database's address is read whole: what asks for encryption is not lost on the way."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.settings.env import database_settings


def test_the_query_goes_to_the_library() -> None:
    url = "postgresql://app:p%40w@db.example:6432/berth?sslmode=verify-full&sslrootcert=/a%20b.pem"

    found = database_settings(url, options="-c lock_timeout=5000")

    assert found["OPTIONS"] == {
        "sslmode": "verify-full",
        "sslrootcert": "/a b.pem",
        "options": "-c lock_timeout=5000",
    }
    assert (found["HOST"], found["PORT"], found["PASSWORD"]) == ("db.example", "6432", "p@w")


def test_a_socket_folder_is_a_host() -> None:
    found = database_settings("postgresql://app@/berth?host=/run/postgresql")

    assert (found["HOST"], found["OPTIONS"]) == ("/run/postgresql", {})


def test_another_database_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="postgresql://"):
        database_settings("mysql://app@db/berth")
