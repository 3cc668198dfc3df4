"""Panels and tabs that one page shows and other apps fill: composed by address, not by import.

An app registers a fragment's URL name for a place ("tenant", "tenant_home", "ops_home"); the page
of that place fetches it, so a slow panel holds up nothing and its owner checks the rights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.checks import CheckMessage, Error, register
from django.urls import NoReverseMatch, reverse

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from portal.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Panel:
    """A fragment for a place.

    `name` is its part of the address where the place shows tabs. `verb` is what a viewer must be
    able to do to see it. The URL takes the tenant's key as only argument where the place belongs
    to a tenant. `summary` also puts it on the first tab; `wide` gives it the
    whole width there, `side` stands it in the narrow column. `rest` is the call that answers the
    same, with {} for the tenant's key.
    """

    place: str
    name: str
    title: StrOrPromise
    url_name: str
    verb: str = ""
    order: int = 100
    summary: bool = False
    wide: bool = False
    side: bool = False
    rest: str = ""


@dataclass(frozen=True, slots=True)
class PanelLink:
    """A panel as one viewer gets it."""

    name: str
    title: StrOrPromise
    url: str
    summary: bool
    wide: bool
    side: bool
    rest: str


PANELS: list[Panel] = []


def panel_register(*panels: Panel) -> None:
    """Add panels; called from an app's ready()."""
    PANELS.extend(panel for panel in panels if panel not in PANELS)


def panels_for(*, place: str, viewer: Viewer, tenant_key: str | None = None) -> list[PanelLink]:
    """Panels of a place that this viewer may see, in order."""
    return [
        PanelLink(
            panel.name,
            panel.title,
            url,
            panel.summary,
            panel.wide,
            panel.side,
            panel.rest.format(tenant_key),
        )
        for panel in sorted(PANELS, key=lambda panel: panel.order)
        if panel.place == place and (not panel.verb or viewer.can(panel.verb, tenant_key))
        if (url := panel_url(panel, tenant_key)) is not None
    ]


def panel_url(panel: Panel, tenant_key: str | None) -> str | None:
    """Address of the fragment; None where it isn't there (see the system check)."""
    try:
        return reverse(panel.url_name, args=[tenant_key] if tenant_key is not None else [])
    except NoReverseMatch:
        return None


@register("urls")
def panels_check(**_: object) -> list[CheckMessage]:
    """Report panels whose fragment doesn't exist, so that none is missing in silence."""
    return [
        Error(
            f"A panel names {panel.url_name!r}, which no URL has.",
            hint="Add the URL, or take the panel out of panel_register().",
            id="portal.ui.E002",
        )
        for panel in PANELS
        if panel_url(panel, "example") is None and panel_url(panel, None) is None
    ]
