"""/allocations/: what tenants hold, giving it back, placing it anew, and why it stands there."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.bodies import ReasonIn
from portal.api.resources import ListMixin, ResourceViewSet, RetrieveMixin
from portal.errors import NotFound
from scheduling.api.serializers import (
    AllocationDetailOut,
    AllocationOut,
    DecisionOut,
    JobLinkOut,
    ReasonNeeded,
)
from scheduling.connecting import kubeconfig_text
from scheduling.filters import AllocationAllFilter
from scheduling.models import Allocation, Decision
from scheduling.selectors.allocation_list import allocation_get, allocations_visible_to
from scheduling.services.allocations import allocation_release, allocation_replace


class AllocationViewSet(ListMixin, RetrieveMixin, ResourceViewSet):
    """Allocations. They are asked for by requests (see /requests/)."""

    verbs: ClassVar = {
        "list": "allocation.view",
        "retrieve": "allocation.view",
        "release": "allocation.release",
        "replace": "allocation.edit",
        "kubeconfig": "allocation.view",
        "decisions": "allocation.view",
    }
    serializer_out = AllocationOut
    serializers_in: ClassVar = {"release": ReasonIn, "replace": ReasonNeeded}
    serializers_out: ClassVar = {
        "retrieve": AllocationDetailOut,
        "release": JobLinkOut,
        "replace": JobLinkOut,
        "decisions": DecisionOut,
    }
    success_statuses: ClassVar = {"release": 202, "replace": 202}
    media_types: ClassVar = {"kubeconfig": "text/yaml"}
    paged = frozenset({"decisions"})
    filterset_class = AllocationAllFilter
    lookup_field = "pk"
    tenant_field = "tenant_key"

    def visible(self) -> QuerySet[Any]:
        """Allocations of tenants that the viewer sees."""
        return allocations_visible_to(self.viewer)

    def get_object(self) -> Any:
        """With drift and pods where they are shown."""
        if self.action_name != "retrieve":
            return super().get_object()
        number = self.kwargs["pk"]
        if not number.isdecimal() or len(number) > 18:
            raise NotFound
        found = allocation_get(allocation_id=int(number), viewer=self.viewer)
        self.authorize(found.tenant_key)
        return found

    @action(methods=["post"], detail=True)
    def release(self, request: Request, **_names: str) -> Response:
        """Give it back; quota returns when its pods are gone. 409 where it is on its way out."""
        found: Allocation = self.get_object()
        why = self.payload()["reason"]
        return self.accepted(allocation_release(allocation=found, viewer=self.viewer, why=why))

    @action(methods=["post"], detail=True)
    def replace(self, request: Request, **_names: str) -> Response:
        """Place it anew where its nodes or devices can't serve it."""
        found: Allocation = self.get_object()
        why = self.payload()["reason"]
        return self.accepted(allocation_replace(allocation=found, viewer=self.viewer, why=why))

    @action(methods=["get"], detail=True, filterset_class=None)
    def kubeconfig(self, request: Request, **_names: str) -> HttpResponse:
        """A kubeconfig without credentials (text/yaml), for open capacity."""
        text = kubeconfig_text(self.get_object())
        return HttpResponse(text, content_type="text/yaml; charset=utf-8")

    @action(methods=["get"], detail=True, filterset_class=None)
    def decisions(self, request: Request, **_names: str) -> Response:
        """What the engine answered each time, newest first."""
        rows = Decision.objects.filter(allocation=self.get_object())
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.shown(page, many=True))
