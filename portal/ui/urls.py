"""Addresses of the shell; included at the root by portal.urls."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from portal.ui.views import shell_counts, theme_set

urlpatterns: list[URLPattern | URLResolver] = [
    path("ui/language/", set_language, name="set_language"),
    path("ui/theme/", theme_set, name="theme_set"),
    path("ops/counts/", shell_counts, name="ops_counts"),
    path("t/<slug:tenant_key>/counts/", shell_counts, name="tenant_counts"),
]
if settings.DEBUG:
    urlpatterns.append(path("ui/gallery/", include("portal.ui.gallery.urls")))
