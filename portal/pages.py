"""What every page's view begins with: who looks, and whether they may."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from portal.viewer import Viewer, authorize

View = Callable[..., HttpResponseBase]
GENERATION_DIGITS = 10  # fewer than these fit into the column


def viewer_of(request: HttpRequest) -> Viewer:
    """Who asks; the middleware has always set it."""
    viewer: Viewer = getattr(request, "viewer", Viewer.anonymous())
    return viewer


def generation_read(text: str) -> int | None:
    """A version as a form carries it, so that nobody overwrites what they didn't see.

    None where nothing readable was sent: then the version counts that the service reads.
    """
    return int(text) if text.isdecimal() and len(text) < GENERATION_DIGITS else None


def generation_sent(request: HttpRequest) -> int | None:
    """The version that the form was made from (see `generation_read`)."""
    return generation_read(request.POST.get("generation", ""))


def person_required(view: View) -> View:
    """Send whoever is not signed in to the sign-in page, and back afterwards."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if viewer_of(request).user_id is None:
            return sign_in_answer(request)
        return view(request, *args, **kwargs)

    return checked


def verb_required(verb: str) -> Callable[[View], View]:
    """As `person_required`, and raise NotFound or Denied unless the viewer has the verb.

    Below /t/<tenant_key>/ the verb counts in that tenant; a tenant the viewer can't see is 404.
    """

    def wrap(view: View) -> View:
        @person_required
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            authorize(viewer=viewer_of(request), verb=verb, tenant_key=kwargs.get("tenant_key"))
            return view(request, *args, **kwargs)

        return checked

    return wrap


def sign_in_answer(request: HttpRequest) -> HttpResponse:
    """To the sign-in page; a fragment takes the whole page there."""
    login = reverse("account_login")
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=401, headers={"HX-Redirect": login})
    back = request.get_full_path() if request.method == "GET" else "/"
    return HttpResponseRedirect(f"{login}?next={quote(back)}")
