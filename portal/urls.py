"""All addresses. Apps are named by dotted string; none is imported by the chassis.

An app's `urls` module has three lists: `ops_urlpatterns` below /ops/, `tenant_urlpatterns` below
/t/<tenant_key>/ and `shared_urlpatterns` below /. Its `api.urls` has `register(router)` for
/api/v1/, and `urlpatterns` for endpoints that are no resources. Names carry no namespace.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from portal import views
from portal.api.docs import docs_urlpatterns

APPS = (
    "portal.jobs",
    "portal.notices",
    "portal.audit_pages",
    "portal.saved_views",
    "portal.search",
    "inventory",
    "scheduling",
    "tenants",
    "tenants.costs",
)

Patterns = list[URLPattern | URLResolver]


def app_patterns(name: str) -> Patterns:
    """The lists called `name` of all apps, one after another."""
    found: Patterns = []
    for app in APPS:
        found += getattr(import_module(f"{app}.urls"), name, [])
    return found


def api_patterns() -> Patterns:
    """Everything below /api/v1/."""
    router: Any = SimpleRouter()
    extra: Patterns = []
    for app in APPS:
        module = import_module(f"{app}.api.urls")
        module.register(router)
        extra += getattr(module, "urlpatterns", [])
    return [*extra, *router.urls]


urlpatterns: Patterns = [
    path("", views.home, name="home"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("live", views.live, name="live"),
    path("ready", views.ready, name="ready"),
    path("deep", views.deep, name="deep"),
    path("csp-report", views.csp_report, name="csp_report"),
    path("accounts/", include("allauth.urls")),
    path("ops/", include(app_patterns("ops_urlpatterns"))),
    path("t/<slug:tenant_key>/", include(app_patterns("tenant_urlpatterns"))),
    path("api/v1/", include(api_patterns())),
    path("api/", include(docs_urlpatterns)),
    path("", include("portal.ui.urls")),
    path("", include(app_patterns("shared_urlpatterns"))),
]

handler400 = "portal.views.bad_request"
handler403 = "portal.views.permission_denied"
handler404 = "portal.views.page_not_found"
handler500 = "portal.views.server_error"
