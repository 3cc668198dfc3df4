"""Addresses of django-allauth: they know accounts and sessions, and nothing of tenants."""

from __future__ import annotations

from tests.surface.kit import Row

# No one's objects stand here: these are asked by everybody, and only what they say is looked at.
NAMES = (
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reauthenticate",
    "account_email",
    "account_email_verification_sent",
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_confirm_login_code",
    "account_confirm_email",
    "account_reset_password_from_key_done",
    "account_reset_password_from_key",
    "account_reset_password_done",
    "mfa_index",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "socialaccount_signup",
    "socialaccount_connections",
    "openid_connect_login",
    "openid_connect_callback",
    "accounts/social/login/cancelled/",
    "accounts/social/login/error/",
    "accounts/social/signup/",
    "accounts/social/connections/",
)
PLACES = {
    "account_confirm_email": {"key": "word"},
    "account_reset_password_from_key": {"uidb36": "word", "key": "word"},
    "openid_connect_login": {"provider_id": "word"},
    "openid_connect_callback": {"provider_id": "word"},
}

ROWS = [Row(name, PLACES.get(name, {})) for name in NAMES]
