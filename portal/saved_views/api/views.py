"""A person's own views of lists by REST."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet

from portal.api.resources import (
    CreateMixin,
    DestroyMixin,
    ListMixin,
    ResourceViewSet,
    UpdateMixin,
)
from portal.api.views import OWN
from portal.models import SavedView
from portal.saved_views import keep
from portal.saved_views.api import serializers


class SavedViewViewSet(ListMixin, CreateMixin, UpdateMixin, DestroyMixin, ResourceViewSet):
    """Filters and order of lists, kept under a name."""

    verbs: ClassVar = {"list": OWN, "create": OWN, "partial_update": OWN, "destroy": OWN}
    serializer_in, serializer_out = serializers.SavedViewIn, serializers.SavedViewOut
    serializers_in: ClassVar = {"partial_update": serializers.SavedViewChange}

    def visible(self) -> QuerySet[SavedView]:
        """The person's own."""
        return keep.views_of(self.viewer)

    def location(self, made: Any) -> str:
        """There is no page of one alone."""
        return ""

    def perform_create(self, data: dict[str, Any]) -> SavedView:
        """Keep one."""
        return keep.view_save(viewer=self.viewer, **data)

    def perform_update(self, found: SavedView, data: dict[str, Any]) -> SavedView:
        """Another name; nothing sent changes nothing."""
        name = data.get("name", found.name)
        return keep.view_rename(viewer=self.viewer, view_id=found.pk, name=name)

    def perform_destroy(self, found: SavedView) -> None:
        """Away with it."""
        keep.view_delete(viewer=self.viewer, view_id=found.pk)
