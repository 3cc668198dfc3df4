"""The shipped manifests with a sentence on each, for people who are asked to apply them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from inventory.k8s.shipped import DIRECTORY

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MANIFESTS: tuple[tuple[str, StrOrPromise], ...] = (
    ("00-namespace.yaml", _("Berth's own namespace and account. Nothing runs there.")),
    (
        "10-berth-roles.yaml",
        _("What Berth may do: berth-read mirrors, berth-act brings workloads up and down."),
    ),
    ("11-berth-bindings.yaml", _("Gives both to the account. Leave berth-act out to look only.")),
    ("12-tenant-roles.yaml", _("What owners, members and viewers may do in their namespaces.")),
    ("30-policy-managed.yaml", _("In managed namespaces only Berth creates pods.")),
    ("31-policy-open.yaml", _("In open namespaces pods stay on their pool.")),
    (
        "32-policy-owned.yaml",
        _("What Berth made is changed by Berth and Kubernetes' controllers alone."),
    ),
    ("33-policy-account.yaml", _("Keeps Berth's own account out of everything else.")),
    ("40-mutating-policy.yaml", _("Pins pods of open namespaces; for clusters that serve it.")),
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One file."""

    name: str
    words: StrOrPromise
    text: str


@cache
def manifests_shown() -> tuple[Manifest, ...]:
    """All files in the order in which they are applied."""
    return tuple(
        Manifest(name, words, (DIRECTORY / name).read_text(encoding="utf-8"))
        for name, words in MANIFESTS
    )
