"""/quotas/: every number, setting several together, their history and their ledger."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.resources import ListMixin, ResourceViewSet, RetrieveMixin
from portal.api.views import BerthView
from scheduling.api.serializers import (
    QuotaChangeOut,
    QuotaLedgerOut,
    QuotaOut,
    QuotaSetIn,
    QuotaSetOut,
)
from scheduling.filters import QuotaFilter
from scheduling.models import Quota, QuotaChange, QuotaLedger
from scheduling.services.quota import QuotaEdit, quota_set


class QuotaViewSet(ListMixin, RetrieveMixin, ResourceViewSet):
    """Guaranteed amounts and what is allocated of them, by tenant, pool and resource."""

    verbs: ClassVar = {
        "list": "quota.view",
        "retrieve": "quota.view",
        "changes": "quota.view",
        "ledger": "quota.view",
    }
    serializer_out = QuotaOut
    serializers_out: ClassVar = {"changes": QuotaChangeOut, "ledger": QuotaLedgerOut}
    filterset_class = QuotaFilter
    lookup_field = "pk"
    tenant_field = "tenant_key"
    versioned = "generation"
    paged = frozenset({"changes", "ledger"})

    def visible(self) -> QuerySet[Any]:
        """Numbers of tenants that the viewer sees."""
        rows: QuerySet[Any] = Quota.objects.visible_to(self.viewer).select_related("pool")
        return rows

    @action(methods=["get"], detail=True, filterset_class=None)
    def changes(self, request: Request, **_names: str) -> Response:
        """Who set it, newest first."""
        return self._rows(QuotaChange.objects.filter(quota=self.get_object()))

    @action(methods=["get"], detail=True, filterset_class=None)
    def ledger(self, request: Request, **_names: str) -> Response:
        """Every move of what is allocated, newest first."""
        return self._rows(QuotaLedger.objects.filter(quota=self.get_object()))

    def _rows(self, rows: QuerySet[Any]) -> Response:
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.shown(page, many=True))


class QuotaSetView(BerthView):
    """Set guaranteed amounts together: all or none. With dryRun=true only what would come out."""

    verbs: ClassVar = {"post": "quota.edit"}
    serializer_in, serializer_out = QuotaSetIn, QuotaSetOut

    def post(self, request: Request) -> Response:
        """412 where somebody changed a number first, 422 with the refusal where a rule says no."""
        self.authorize()
        data = self.payload()
        edits = [_edit(edit) for edit in data["edits"]]
        quotas = quota_set(edits=edits, why=data["why"], viewer=self.viewer)
        return Response(self.shown({"quotas": quotas}))


def _edit(edit: dict[str, Any]) -> QuotaEdit:
    """A number that is set for the first time begins with generation 1, whoever makes it."""
    return QuotaEdit(
        tenant_key=edit["tenant"],
        pool=edit["pool"],
        resource=edit["resource"],
        guaranteed=edit["guaranteed"],
        generation=edit["generation"] or 1,
    )
