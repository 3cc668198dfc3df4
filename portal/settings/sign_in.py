"""Sign-in by OpenID Connect, and where forms may lead because of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from portal.settings.env import Env


def providers(env: Env) -> dict[str, Any]:
    """SOCIALACCOUNT_PROVIDERS: the one that the environment names, or none."""
    if not env.oidc_server_url:
        return {}
    app = {
        "provider_id": "oidc",
        "name": env.oidc_name,
        "client_id": env.oidc_client_id,
        "secret": env.oidc_client_secret,
        "settings": {"server_url": env.oidc_server_url},
    }
    return {"openid_connect": {"APPS": [app]}}


def form_targets(env: Env) -> list[str]:
    """Sources for form-action: Chromium holds the provider's redirect after our form to it too."""
    if not env.oidc_server_url:
        return ["'self'"]
    parts = urlsplit(env.oidc_server_url)
    return ["'self'", f"{parts.scheme}://{parts.netloc}"]
