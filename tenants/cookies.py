"""The browser's copy of a preference: pages are made from cookies, before anybody is known."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.ui.shell import THEME_COOKIE
from portal.ui.views import YEAR_SECONDS
from tenants.selectors.viewers import Preference


def preference_cookies_set(
    request: HttpRequest, response: HttpResponse, preference: Preference
) -> None:
    """Write language and colours into the answer; empty language leaves the browser's choice."""
    values = {THEME_COOKIE: preference.theme}
    if preference.language:
        values[settings.LANGUAGE_COOKIE_NAME] = preference.language
    for name, value in values.items():
        response.set_cookie(
            name,
            value,
            max_age=YEAR_SECONDS,
            samesite="Lax",
            secure=request.is_secure(),
            httponly=True,
        )
