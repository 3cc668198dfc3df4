"""Pages of the saved views: all of one's own, keeping one, another name, away with it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.errors import Conflict, Invalid
from portal.pages import person_required, viewer_of
from portal.saved_views import keep


@require_http_methods(["GET", "POST"])
@person_required
def saved_view_list(request: HttpRequest) -> HttpResponseBase:
    """All that the person keeps; posted, one more, and back to its list."""
    viewer = viewer_of(request)
    if request.method == "GET":
        views = list(keep.views_of(viewer))
        return render(request, "portal/saved_views.html", {"views": views, "most": keep.MOST})
    given = {name: request.POST.get(name, "") for name in ("name", "path", "query")}
    try:
        view = keep.view_save(viewer=viewer, **given)
    except (Conflict, Invalid) as error:
        messages.error(request, error.sentences)
        return redirect("saved_view_list")
    messages.success(request, _("%(name)s is kept.") % {"name": view.name})
    return redirect(view.url)


@require_POST
@person_required
def saved_view_rename(request: HttpRequest, view_id: int) -> HttpResponseBase:
    """Another name."""
    name = request.POST.get("name", "")
    try:
        keep.view_rename(viewer=viewer_of(request), view_id=view_id, name=name)
    except (Conflict, Invalid) as error:
        messages.error(request, error.sentences)
    return redirect("saved_view_list")


@require_POST
@person_required
def saved_view_delete(request: HttpRequest, view_id: int) -> HttpResponseBase:
    """Away with it; the list itself stays."""
    keep.view_delete(viewer=viewer_of(request), view_id=view_id)
    messages.success(request, _("Deleted."))
    return redirect("saved_view_list")
