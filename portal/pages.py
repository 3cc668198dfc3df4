"""What every page's view begins with: who looks, and whether they may."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.errors import Invalid
from portal.viewer import Viewer, authorize

View = Callable[..., HttpResponseBase]
REASON_CHARS = 500
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


def reason_sent(request: HttpRequest) -> str:
    """Why: of the boxes named so the first that is filled in, as long as it is kept.

    Raises Invalid for what no text of the database holds.
    """
    why = next(filter(None, map(str.strip, request.POST.getlist("why"))), "")[:REASON_CHARS]
    if "\0" in why:
        raise Invalid(fields={"why": [_("Leave out NUL characters.")]})
    return why


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
