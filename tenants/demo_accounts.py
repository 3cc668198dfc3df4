"""The accounts that a demonstration offers on its sign-in page, one click each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.ui.shell import DemoAccount

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

OFFERED: tuple[tuple[str, StrOrPromise], ...] = (
    ("operator", _("Decides on requests, quota and clusters")),
    ("auditor", _("Sees everything and changes nothing")),
    ("vision-owner", _("Leads a team: members, tokens, requests")),
    ("vision-member", _("Asks for capacity and gives it back")),
    ("vision-viewer", _("Looks on")),
    ("speech-owner", _("Leads another team, with a large request open")),
)


def demo_accounts() -> Sequence[DemoAccount]:
    """Nothing unless this is a demonstration."""
    if not settings.DEMO:
        return ()
    url = reverse("demo_sign_in")
    return [DemoAccount(name, note, url, name) for name, note in OFFERED]
