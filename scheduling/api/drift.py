"""/drift/: where clusters differ from what Berth wrote, and settling it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.fields import StrictTextField
from portal.api.resources import ListMixin, ResourceViewSet, RetrieveMixin
from scheduling.api.serializers import DriftOut
from scheduling.filters import DriftFilter
from scheduling.models import Drift
from scheduling.services.drift import drift_choose


class DriftChoiceIn(serializers.Serializer[Any]):
    """What holds from now on: one of the choices that this kind of difference offers."""

    choice = StrictTextField(max_length=20)
    reason = StrictTextField(max_length=500, allow_blank=True, default="")


class DriftViewSet(ListMixin, RetrieveMixin, ResourceViewSet):
    """Objects that somebody else changed, deleted or put in Berth's place."""

    verbs: ClassVar = {"list": "drift.view", "retrieve": "drift.view", "choose": "drift.edit"}
    serializer_out = DriftOut
    serializers_in: ClassVar = {"choose": DriftChoiceIn}
    filterset_class = DriftFilter
    lookup_field = "pk"

    def visible(self) -> QuerySet[Any]:
        """Differences of tenants that the viewer sees."""
        rows = Drift.objects.visible_to(self.viewer)
        return rows.select_related("cluster", "allocation")

    @action(methods=["post"], detail=True)
    def choose(self, request: Request, **_names: str) -> Response:
        """Settle it: accept what the cluster has, or restore what Berth wrote, by a job."""
        found: Drift = self.get_object()
        data = self.payload()
        settled = drift_choose(
            drift=found, choice=data["choice"], why=data["reason"], viewer=self.viewer
        )
        return self.answer(settled)
