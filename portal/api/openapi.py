"""How our own fields look in the OpenAPI document; imported by portal.api.schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema

from portal.api.fields import LABEL, MAX_DIMENSIONS


class StrictIntegerSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A whole number with its range."""

    target_class = "portal.api.fields.StrictIntegerField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """An integer."""
        field = self.target
        return {
            "type": "integer",
            "format": "int64",
            "minimum": field.least,
            "maximum": field.most,
        }


class AmountsSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Amounts by dimension."""

    target_class = "portal.api.fields.AmountsField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """An object of integers; in requests with its limits."""
        amount = self.target.amount
        found: dict[str, Any] = {
            "type": "object",
            "additionalProperties": {"type": "integer", "format": "int64"},
            "example": {"cpu": 4000, "memory": 8 * 1024**3},
        }
        if direction == "request":
            found["maxProperties"] = MAX_DIMENSIONS
            found["minProperties"] = 0 if self.target.allow_empty else 1
            found["additionalProperties"] |= {"minimum": amount.least, "maximum": amount.most}
        return found


class NameSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A name as Kubernetes takes it."""

    target_class = "portal.api.fields.NameField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """Text with its pattern; in answers any text, since facts may be named otherwise."""
        if direction == "response":
            return {"type": "string"}
        longest = self.target.longest
        return {"type": "string", "pattern": f"^{LABEL.pattern}$", "maxLength": longest}
