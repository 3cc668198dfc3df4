"""Addresses of django-allauth: they know accounts and sessions, and nothing of tenants.

What they answer depends on whether somebody is signed in, and on nothing else about the person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.surface.kit import EVERYONE, EVERYONE_SIGNED_IN, Audience, Row

# HEAD is answered as GET is.
COLUMNS = ("GET", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
# Words for where an answer leads; a number is a status, and a path is where it leads.
LEADS = {"login": "/accounts/login/", "home": "/", "again": "/accounts/reauthenticate/"}
READ = "page page 405 405 405 405"
FORM = "page page page page 405 405"


@dataclass(frozen=True, slots=True)
class Door:
    """One address: what whoever is not signed in, and every person, gets by each of COLUMNS."""

    name: str
    nobody: str
    person: str
    places: dict[str, str] = field(default_factory=dict)
    send: dict[str, Any] = field(default_factory=dict)

    def word(self, method: str, *, signed_in: bool) -> str:
        """What a method is answered with; one word stands for all methods."""
        words = (self.person if signed_in else self.nobody).split()
        column = COLUMNS.index({"HEAD": "GET"}.get(method, method))
        return words[column if len(words) > 1 else 0]

    def row(self) -> Row:
        """The same as a row, so that bad input and strangers' words are looked for here too."""
        get, post = self._audience("GET"), self._audience("POST")
        return Row(self.name, self.places, get=get, post=post, send=self.send, done=(200, 301, 302))

    def _audience(self, method: str) -> Audience | None:
        """Who gets something; None where all are refused."""
        nobody, person = (self.word(method, signed_in=it) for it in (False, True))
        if person == "login" or person.isdecimal():
            return None
        return EVERYONE_SIGNED_IN if nobody == "login" else EVERYONE


NAME = {"login": "no-one", "password": "not-it"}
_DOORS = (
    Door("account_login", FORM, "home", send=NAME),
    Door("account_logout", "home page home 405 405 405", "page page home 405 405 405"),
    Door("account_inactive", READ, READ),
    # Closed: it says so, whatever is sent.
    Door("account_signup", "page", "home", send={"username": "no-one", "password1": "not-it"}),
    Door("account_reauthenticate", "login", FORM, send={"password": "not-it"}),
    Door(
        "account_email",
        "login",
        "page page /accounts/email/ /accounts/email/ 405 405",
        send={"email": "more@example.com", "action_add": ""},
    ),
    Door("account_email_verification_sent", READ, READ),
    Door("account_change_password", "login", FORM, send={"oldpassword": "not-it"}),
    Door("account_set_password", "login", "/accounts/password/change/"),
    Door("account_reset_password", FORM, FORM, send={"email": "not-an-address"}),
    Door("account_confirm_login_code", "login", "home"),
    Door(
        "account_confirm_email",
        "page page 404 405 405 405",
        "page page 404 405 405 405",
        {"key": "word"},
    ),
    Door("account_reset_password_from_key_done", READ, READ),
    Door(
        "account_reset_password_from_key",
        "page",
        "page",
        {"uidb36": "word", "key": "word"},
        send={"password1": "not-it", "password2": "not-it"},
    ),
    Door("account_reset_password_done", READ, READ),
    Door("mfa_index", "login", READ),
    Door("mfa_authenticate", "login", "home"),
    Door("mfa_reauthenticate", "login", "again"),
    Door("mfa_activate_totp", "login", "again", send={"code": "000000"}),
    Door("mfa_deactivate_totp", "login", "404"),
    Door("mfa_view_recovery_codes", "login", "404 page 405 405 405 405"),
    Door("mfa_generate_recovery_codes", "login", "again"),
    Door("mfa_download_recovery_codes", "login", "404"),
    Door("socialaccount_login_cancelled", READ, READ),
    Door("socialaccount_login_error", "401 page 405 405 405 405", "401 page 405 405 405 405"),
    Door("socialaccount_signup", "login", "login"),
    Door("socialaccount_connections", "login", FORM, send={"account": "1"}),
    # No identity provider is set up.
    Door("openid_connect_login", "404", "404", {"provider_id": "word"}),
    Door("openid_connect_callback", "404", "404", {"provider_id": "word"}),
    *(
        Door(f"accounts/social/{old}/", f"/accounts/3rdparty/{new}", f"/accounts/3rdparty/{new}")
        for old, new in (
            ("login/cancelled", "login/cancelled/"),
            ("login/error", "login/error/"),
            ("signup", "signup/"),
            ("connections", ""),
        )
    ),
)
DOORS = {door.name: door for door in _DOORS}
ROWS = [door.row() for door in _DOORS]
