"""Settings for looking at the kit alone: gallery and shell, no database, the real CSP."""

import os

os.environ.setdefault("BERTH_SECRET_KEY", "for-the-gallery-only")
os.environ.setdefault("BERTH_TOKEN_PEPPER", "for-the-gallery-only")
os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
os.environ.setdefault("DATABASE_OWNER_URL", "postgresql://nobody@127.0.0.1:1/none")
os.environ["BERTH_DEBUG"] = "1"

from portal.settings.base import *  # noqa: F403
from portal.settings.base import INSTALLED_APPS as _ALL
from portal.settings.base import MIDDLEWARE as _MIDDLEWARE

ROOT_URLCONF = "tests.portal.ui.urls_gallery"
ALLOWED_HOSTS = ["*"]
OTHERS = {"inventory", "scheduling", "tenants", "allauth"}
INSTALLED_APPS = [name for name in _ALL if name.split(".")[0] not in OTHERS]
MIDDLEWARE = [
    "tests.portal.ui.urls_gallery.gallery_viewer",
    *(
        name
        for name in _MIDDLEWARE
        if not name.startswith(("tenants.", "allauth.", "portal.middleware."))
    ),
]
DATABASES: dict[str, object] = {}
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
AUTHENTICATION_BACKENDS: list[str] = []
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = {"version": 1}
