"""manage.py demo_accounts --passwords FILE"""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.errors import BerthError
from portal.scope import scope
from portal.viewer import Viewer
from tenants.services.demo import demo_make


class Command(BaseCommand):
    """Make the demonstration's three organisations, their teams, and an account for each role."""

    help = "Make demonstration tenants and accounts; write 'user password' lines to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the passwords go."""
        parser.add_argument(
            "--passwords", type=Path, required=True, help="file to write, readable by you alone"
        )

    def handle(self, *_args: Any, passwords: Path, **_options: Any) -> None:
        """Run it."""
        known = _passwords_read(passwords)
        try:
            with scope(Viewer.system("demo_accounts")) as viewer:
                made = demo_make(viewer=viewer, known=known)
        except BerthError as error:
            raise CommandError(str(error)) from error
        if made != known:
            _passwords_write(passwords, made)
        self.stdout.write(f"{len(made)} accounts; their passwords are in {passwords}")


def _passwords_read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    triples = (line.partition(" ") for line in lines)
    return {name: password for name, _space, password in triples if password}


def _passwords_write(path: Path, passwords: dict[str, str]) -> None:
    """Replace the file in one step; it is never readable by others."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as sink:
        sink.writelines(f"{name} {password}\n" for name, password in passwords.items())
    draft.replace(path)
