"""The models and the migrations say the same, and each migration has a name that tells."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("portal", "inventory", "scheduling", "tenants")


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    said = StringIO()

    try:
        call_command("makemigrations", check_changes=True, dry_run=True, stdout=said)
    except SystemExit:
        pytest.fail(f"Run bin/py manage.py makemigrations:\n{said.getvalue()}")


def test_no_migration_was_named_by_the_clock() -> None:
    found = [path.name for room in ROOMS for path in (ROOT / room).rglob("migrations/0*.py")]
    by_clock = [name for name in found if re.search(r"_auto_\d{8}", name)]

    assert found
    assert not by_clock, "Name them after what they do (makemigrations --name)."
