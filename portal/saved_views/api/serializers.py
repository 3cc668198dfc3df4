"""Shapes of saved views in REST."""

from __future__ import annotations

from rest_framework import serializers

from portal.api.fields import TextField
from portal.models import SavedView
from portal.saved_views.keep import LONGEST_NAME, LONGEST_PATH, LONGEST_QUERY


class SavedViewOut(serializers.Serializer[SavedView]):
    """A list as somebody kept it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    path = serializers.CharField()
    query = serializers.CharField(allow_blank=True)
    url = serializers.CharField()
    created_at = serializers.DateTimeField()


class SavedViewIn(serializers.Serializer[object]):
    """A list, and the name under which to keep it."""

    name = TextField(max_length=LONGEST_NAME)
    path = TextField(max_length=LONGEST_PATH)
    query = TextField(max_length=LONGEST_QUERY, required=False, allow_blank=True, default="")


class SavedViewChange(serializers.Serializer[object]):
    """Another name."""

    name = TextField(max_length=LONGEST_NAME)
