"""The OpenAPI document and its reader, under the same strict CSP as every page."""

from __future__ import annotations

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer


class SchemaView(SpectacularAPIView):
    """The document itself; it says nothing about this installation, so anybody may have it."""

    permission_classes = [AllowAny]
    authentication_classes = []


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI, its script at an address of its own: no inline script, no inline style."""

    permission_classes = [AllowAny]
    authentication_classes = []
    renderer_classes = [TemplateHTMLRenderer]
    template_name = "portal/api_docs.html"
    url_name = "api_schema"


docs_urlpatterns: list[URLPattern] = [
    path("v1/schema", SchemaView.as_view(), name="api_schema"),
    path("docs/", DocsView.as_view(), name="api_docs"),
]
