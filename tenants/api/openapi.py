"""How ways to authenticate, and asks, look in the OpenAPI document; imported by urls."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How tokens look in the OpenAPI document."""

    target_class = "tenants.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """An HTTP bearer scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "berth_…"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How sessions look in the OpenAPI document."""

    target_class = "tenants.api.authentication.ViewerSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """The session's cookie."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class AskSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """An ask: its fields follow from the request's kind, and a draft may leave most of them out.

    So one object may be several shapes at a time: anyOf, where oneOf would be false.
    """

    target_class = "tenants.api.request_fields.AskField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """The shapes by reference."""
        shapes = [auto_schema.resolve_serializer(shape, direction) for shape in self.target.shapes]
        return {"anyOf": [shape.ref for shape in shapes]}
