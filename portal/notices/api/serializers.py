"""Shapes of notices in REST."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from portal.amounts import MAX_AMOUNT
from portal.api.fields import FlagField, StrictIntegerField, TextField
from portal.notices.inbox import NoticeView, notice_view
from portal.notices.kinds import kind_find


class NoticeOut(serializers.Serializer[NoticeView]):
    """A notice in the language of the request."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)
    tenant = serializers.CharField(source="tenant_key", allow_blank=True)
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """From a row or from its view."""
        shown = instance if isinstance(instance, NoticeView) else notice_view(instance)
        return super().to_representation(shown)


class ReadAllIn(serializers.Serializer[object]):
    """How far the person has read."""

    up_to = StrictIntegerField(
        least=1, most=MAX_AMOUNT, required=False, help_text=_("Newest id that was seen.")
    )


class ReadAllOut(serializers.Serializer[object]):
    """How many were marked."""

    marked = serializers.IntegerField()


class PreferenceOut(serializers.Serializer[object]):
    """One kind and the ways chosen for it."""

    kind = serializers.CharField()
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]
    bell = serializers.BooleanField(source="ways.bell")
    email = serializers.BooleanField(source="ways.email")


class PreferenceIn(serializers.Serializer[object]):
    """The ways for one kind."""

    kind = TextField(max_length=60)
    bell = FlagField()
    email = FlagField()

    def validate_kind(self, code: str) -> str:
        """Only kinds that exist."""
        if kind_find(code) is None:
            raise serializers.ValidationError(_("There is no such kind of notice."))
        return code


class PreferencesIn(serializers.Serializer[object]):
    """Choices for some kinds; the others stay."""

    items = PreferenceIn(many=True, allow_empty=False)


class PreferencesOut(serializers.Serializer[object]):
    """Every kind with the person's choice."""

    items = PreferenceOut(many=True)
