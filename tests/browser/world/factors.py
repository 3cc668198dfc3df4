"""People on their way through passwords and second factors: browsers as these pages want them."""

from __future__ import annotations

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import User
from django.test import Client

from tests.people import PASSWORD, Someone

LOGIN, CODE = "/accounts/login/", "/accounts/2fa/authenticate/"
AGAIN = "/accounts/reauthenticate/"


class Confirmed(Someone):
    """Somebody who has given the password once more, a moment ago."""

    def client(self) -> Client:
        """A browser in which this person may change how they sign in."""
        client = super().client()
        done = client.post(AGAIN, {"password": PASSWORD})
        assert done.status_code == 302, done.content.decode()
        return client


class Halfway(Someone):
    """Somebody whose password was right, and whose code is waited for."""

    def client(self) -> Client:
        """A browser that nobody has signed in to yet."""
        client = Client()
        done = client.post(LOGIN, {"login": self.user.username, "password": PASSWORD})
        assert done.headers["Location"] == CODE, done.content.decode()
        return client


def factor_add(user: User) -> None:
    """A second factor with its recovery codes."""
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
