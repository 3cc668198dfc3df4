"""manage.py createoperator NAME"""

from __future__ import annotations

import getpass
import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from portal.errors import BerthError, Invalid
from portal.scope import scope
from portal.viewer import Viewer
from tenants.choices import PlatformRoleName
from tenants.services.platform import platform_role_grant, user_create


class Command(BaseCommand):
    """Make an operator: the first person who can sign in and set everything else up."""

    help = "Make an account that may do everything, or give an existing account that role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whom."""
        parser.add_argument("name", help="user name")
        parser.add_argument("--email", default="")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, *_args: Any, name: str, email: str, **options: Any) -> None:
        """Ask for a password on a terminal, make one up elsewhere; print only the latter."""
        existing = User.objects.filter(username=name).first()
        password, made_up = ("", False) if existing else _password(stdin=options["password_stdin"])
        try:
            with scope(Viewer.system("createoperator")) as viewer:
                person = existing or user_create(
                    username=name, email=email, password=password, viewer=viewer
                )
                platform_role_grant(
                    user_id=person.pk, role=PlatformRoleName.OPERATOR, viewer=viewer
                )
        except BerthError as error:
            raise CommandError(_words(error)) from error
        self.stdout.write(f"{name} is an operator now.")
        if made_up:
            self.stdout.write(f"Password: {password}  (change it after the first sign-in)")


def _password(*, stdin: bool) -> tuple[str, bool]:
    if stdin:
        return sys.stdin.readline().rstrip("\n"), False
    if sys.stdin.isatty():
        return getpass.getpass("Password: "), False
    return secrets.token_urlsafe(15), True


def _words(error: BerthError) -> str:
    fields = error.fields if isinstance(error, Invalid) else {}
    lines = [f"{field}: {text}" for field, texts in fields.items() for text in texts]
    return "\n".join(lines) or str(error)
