"""Who is asking: found out once for each request and once for each socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse
from django.http.cookie import parse_cookie
from django.utils import timezone, translation

from portal.middleware import OUTSIDE
from portal.viewer import Viewer
from tenants.addresses import client_address
from tenants.authentication import token_authenticate
from tenants.selectors.viewers import NOBODY, Person, Preference, person_for_user
from tenants.zones import ZONE_COOKIE, zone_of

API_PREFIX = "/api/v1/"


class ViewerMiddleware:
    """Set `request.person`, `request.viewer` and `request.bearer` before the scope is opened.

    A bearer token counts under /api/v1/ alone, and there it wins over a session: a request that
    carries one is never also authenticated by cookie. `bearer` is "" (none sent), "accepted" or
    "refused"; the last becomes a 401 in tenants.api.authentication.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(OUTSIDE):  # health must answer without a database
            vars(request).update(person=NOBODY, viewer=NOBODY.viewer, bearer="")
            return self.get_response(request)
        sent = _bearer_text(request)
        bearer = ""
        if sent is None:
            person = _session_person(request)
        else:
            found = token_authenticate(
                text=sent, address=client_address(request), now=timezone.now()
            )
            person = Person(viewer=found.viewer) if found else NOBODY
            bearer = "accepted" if found else "refused"
        vars(request).update(person=person, viewer=person.viewer, bearer=bearer)
        _preference_activate(request, person.preference)
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()


class ViewerSocketMiddleware:
    """Put `viewer` and `viewer_now` into a websocket's scope.

    Rights can be lost while a socket is open: `await scope["viewer_now"]()` reads session, account
    and roles afresh and answers anonymous when any of them is gone.
    """

    def __init__(self, inner: Callable[..., Awaitable[None]]) -> None:
        self.inner = inner

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        key = _cookies(scope).get(settings.SESSION_COOKIE_NAME, "")
        viewer_now = partial(database_sync_to_async(viewer_for_session), key)
        added = {"viewer": await viewer_now(), "viewer_now": viewer_now}
        await self.inner({**scope, **added}, receive, send)


def viewer_for_session(session_key: str) -> Viewer:
    """Rights of whoever is signed in with this session now; anonymous when nobody is."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    if not user.is_authenticated or user.pk is None:
        return Viewer.anonymous()
    return person_for_user(user.pk).viewer


def _bearer_text(request: HttpRequest) -> str | None:
    if not request.path_info.startswith(API_PREFIX):
        return None
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


def _session_person(request: HttpRequest) -> Person:
    user = request.user
    if not user.is_authenticated or user.pk is None:
        return NOBODY
    return person_for_user(user.pk)


def _preference_activate(request: HttpRequest, preference: Preference) -> None:
    """The person's language counts until a browser was told another one; their zone always, and
    on pages the browser's where they chose none. REST answers nobody in a browser's zone.

    LocaleMiddleware, which stands around this one, cleans the language up.
    """
    if preference.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(preference.language)
        request.LANGUAGE_CODE = translation.get_language()
    is_page = not request.path_info.startswith(API_PREFIX)
    browser = request.COOKIES.get(ZONE_COOKIE, "") if is_page else ""
    zone = zone_of(chosen=preference.time_zone, browser=browser)
    if zone is not None:
        timezone.activate(zone)


def _cookies(scope: dict[str, Any]) -> dict[str, str]:
    headers: list[tuple[bytes, bytes]] = scope.get("headers", [])
    lines = [value.decode("latin-1") for name, value in headers if name.lower() == b"cookie"]
    return parse_cookie("; ".join(lines))
