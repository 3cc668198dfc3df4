"""How people get accounts and sign in; django-allauth does the work."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_noop, ngettext_lazy

from tenants.cookies import preference_cookies_set
from tenants.selectors.viewers import person_for_user

# Django's own sentences beside a new password: named here so that the catalogue has them too, for
# Django's Chinese addresses people less politely than Berth's.
PASSWORD_RULES = (
    ngettext_lazy(
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
        "min_length",
    ),
    gettext_noop("Your password can’t be too similar to your other personal information."),
    gettext_noop("Your password can’t be a commonly used password."),
    gettext_noop("Your password can’t be entirely numeric."),
)


class AccountAdapter(DefaultAccountAdapter):
    """Local accounts: made by an operator or a command unless sign-up was switched on."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Closed unless BERTH_SIGN_UP is set."""
        return bool(settings.SIGN_UP_OPEN)

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        """Give this browser the language and the colours that the person chose."""
        response: HttpResponse = super().post_login(request, user, **options)
        preference_cookies_set(request, response, person_for_user(user.pk).preference)
        return response


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Accounts from the configured identity provider.

    Whoever it lets in gets an account that sees nothing until somebody adds it to a tenant. An
    account is known by issuer and subject, never by its e-mail address.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Open: the identity provider decides who comes in."""
        return True
