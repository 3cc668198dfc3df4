"""What the shell posts to and fetches."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from portal.errors import Invalid, NotFound
from portal.pages import person_required, viewer_of
from portal.ui.shell import THEME_COOKIE, THEMES

YEAR_SECONDS = 365 * 24 * 3600


@require_POST
def theme_set(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme, so that the first bytes of the next page already carry it."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        raise Invalid(_("Choose one of: light, dark, system."), fields={"theme": [theme]})
    response = HttpResponseRedirect(_way_back(request))
    response.set_cookie(
        THEME_COOKIE,
        theme,
        max_age=YEAR_SECONDS,
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )
    return response


@require_GET
@never_cache
@person_required
def shell_counts(request: HttpRequest, tenant_key: str = "") -> HttpResponse:
    """The bell and the numbers beside places, each of which htmx puts where its id stands."""
    if tenant_key and not viewer_of(request).sees(tenant_key):
        raise NotFound
    return render(request, "layouts/_counts.html")


def _way_back(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else "/"
