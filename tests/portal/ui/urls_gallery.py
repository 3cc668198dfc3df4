"""The gallery's own little site."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from portal.ui.gallery.samples import sample_viewer
from portal.ui.nav import NavItem, nav_register
from portal.ui.shell import Choice, shell_register

urlpatterns = [path("", include("portal.ui.urls"))]

_PLACES = [
    (_("Home"), "home", "home", "", "h", None),
    (_("Nodes"), "table", "server-2", _("Fleet"), "n", 60),
    (_("States"), "states", "layout-grid", _("Fleet"), "s", None),
    (_("Queue"), "queue", "inbox", _("Work"), "q", 11),
    (_("New request"), "form", "file-text", _("Work"), "r", None),
    (_("Allocation"), "detail", "stack-2", _("Work"), "a", 4),
]
nav_register(
    *(
        NavItem(
            label=label,
            url_name=f"gallery:{name}",
            icon=icon,
            area="ops",
            verb="cluster.view",
            group=group,
            order=position,
            letter=letter,
            on_phone=name in {"home", "table", "queue", "detail"},
            waiting=name == "queue",
            count=None if count is None else (lambda _viewer, _key, count=count: count),
        )
        for position, (label, name, icon, group, letter, count) in enumerate(_PLACES)
    )
)
shell_register(
    tenant_choices=lambda _viewer: [Choice("speech-lab", "/t/speech-lab/"), Choice("cryo-em", "/")],
    cluster_choices=lambda _viewer: [Choice("ams-1", "/"), Choice("hel-2", "/")],
    bell_rows=lambda _viewer: 3,
    bell_url_name="gallery:states",
    saved_rows=None,  # they stand in a database
    version="0.1",
)


def gallery_viewer(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Let a made-up operator look."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.viewer = sample_viewer()  # type: ignore[attr-defined]
        request.request_id = "0f1e2d3c4b5a"  # type: ignore[attr-defined]
        return get_response(request)

    return middleware
