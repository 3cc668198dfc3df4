"""The OpenAPI document and its reader, under the same strict CSP as every page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request

# By language and format. Making one takes seconds, anybody may ask, and it changes with the code
# alone.
_documents: dict[tuple[str, str], bytes] = {}


class SchemaView(SpectacularAPIView):
    """The document itself; it says nothing about this installation, so anybody may have it."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The document, made once for each language and format."""
        asked = request.GET.get("lang") or get_language() or ""
        language = asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        renderer: Any = request.accepted_renderer
        key = language, renderer.media_type
        if key not in _documents:
            with override(language):
                data = self._get_schema_response(request).data  # type: ignore[no-untyped-call]
                _documents[key] = renderer.render(data, renderer.media_type, {})
        return HttpResponse(_documents[key], content_type=renderer.media_type)


class DocsScriptView(SpectacularSwaggerSplitView):
    """What starts Swagger UI, as a file: with ?script= of the page that it stands on."""

    permission_classes = [AllowAny]
    authentication_classes = []
    renderer_classes = [TemplateHTMLRenderer]
    url_name = "api_schema"


@require_safe
def docs(request: HttpRequest) -> HttpResponseBase:
    """Swagger UI within the shell, for anybody: no inline script, no inline style."""
    if "script" in request.GET:
        return DocsScriptView.as_view()(request)
    return render(request, "portal/api_docs.html", {"has_main": True})


docs_urlpatterns: list[URLPattern] = [
    path("v1/schema", SchemaView.as_view(), name="api_schema"),
    path("docs/", docs, name="api_docs"),
]
