"""Bodies that several resources take; one class each, so that the document names each once."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.api.fields import TextField


class NoFields(serializers.Serializer[Any]):
    """A body without fields."""


class ReasonIn(serializers.Serializer[Any]):
    """Why; kept in the audit log."""

    reason = TextField(max_length=500, allow_blank=True, default="")
