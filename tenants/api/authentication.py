"""REST authentication: hands over what the middleware found, or says 401.

The middleware runs first because the scope of row-level security is opened around the view with
its viewer; a class that only starts in the view would be too late.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from portal.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Principal:
    """What REST calls `request.user`; the rights are in `viewer`."""

    viewer: Viewer
    is_authenticated: bool = True
    is_active: bool = True

    @property
    def pk(self) -> int | None:
        """The person's id; for a token, its creator's."""
        return self.viewer.user_id


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer berth_…`; one and the same 401 for whatever is wrong with it."""

    def authenticate(self, request: Request) -> tuple[Principal, str] | None:
        """Hand over the token's viewer; raise AuthenticationFailed when it was refused."""
        found = _django_request(request)
        bearer = getattr(found, "bearer", "")
        if bearer == "refused":
            raise AuthenticationFailed(
                _("The token is not valid. It may be mistyped, expired or revoked; make a new one.")
            )
        return (Principal(_viewer(found)), "token") if bearer == "accepted" else None

    def authenticate_header(self, request: Request) -> str:
        """What the 401 says in WWW-Authenticate."""
        return 'Bearer realm="berth"'


class ViewerSessionAuthentication(BaseAuthentication):
    """The browser's session; every write needs the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Principal, str] | None:
        """Hand over the session's viewer; raise PermissionDenied when CSRF fails."""
        found = _django_request(request)
        viewer = _viewer(found)
        if viewer.kind != "user":
            return None
        check = CSRFCheck(lambda _request: None)  # type: ignore[arg-type]
        check.process_request(found)
        reason = check.process_view(found, None, (), {})  # type: ignore[arg-type]
        if reason:
            raise PermissionDenied(
                _("The CSRF token is missing or wrong (%(reason)s). Reload the page and repeat.")
                % {"reason": reason}
            )
        return Principal(viewer), "session"


def _django_request(request: Request) -> HttpRequest:
    return request._request


def _viewer(request: HttpRequest) -> Viewer:
    viewer = getattr(request, "viewer", None)
    return viewer if isinstance(viewer, Viewer) else Viewer.anonymous()
