"""/audit/: what was done, by whom, and whether the chain still holds."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.resources import ListMixin, ResourceViewSet, RetrieveMixin
from portal.audit_pages.filters import AuditApiFilter
from portal.audit_pages.links import heads_list, links_verify
from portal.audit_pages.shown import UNSEALED
from portal.models import AuditEntry


class ChainOut(serializers.Serializer[Any]):
    """Place in the chain; `state` is verified, pending (not sealed yet) or broken."""

    seq = serializers.IntegerField(allow_null=True)
    hash = serializers.CharField(allow_blank=True)
    state = serializers.CharField()


class AuditOut(serializers.ModelSerializer[AuditEntry]):
    """An entry; `chain` was recomputed for this answer."""

    actor = serializers.CharField(source="actor_label")
    tenant = serializers.CharField(source="tenant_key", allow_blank=True)
    chain = ChainOut()

    class Meta:
        model = AuditEntry
        fields = (
            "id",
            "at",
            "actor",
            "actor_kind",
            "actor_user_id",
            "verb",
            "target_type",
            "target_id",
            "tenant",
            "before",
            "after",
            "reason",
            "request_id",
            "job_id",
            "chain",
        )


class HeadOut(serializers.Serializer[Any]):
    """A chain: its tenant ("" for the platform), its length and its last hash."""

    chain = serializers.CharField(allow_blank=True)
    entries = serializers.IntegerField()
    hash = serializers.CharField()


class HeadsOut(serializers.Serializer[Any]):
    """Keep a copy elsewhere: then a chain that was rewritten as a whole is found too."""

    results = HeadOut(many=True)


class AuditViewSet(ListMixin, RetrieveMixin, ResourceViewSet):
    """The audit log. Nothing here can be changed."""

    verbs: ClassVar = {"list": "audit.view", "retrieve": "audit.view", "chains": "audit.view"}
    serializer_out = AuditOut
    serializers_out: ClassVar = {"chains": HeadsOut}
    filterset_class = AuditApiFilter
    lookup_field = "pk"
    tenant_field = "tenant_key"

    def visible(self) -> QuerySet[AuditEntry]:
        """Entries of tenants that the viewer sees."""
        return cast("QuerySet[AuditEntry]", AuditEntry.objects.visible_to(self.viewer))

    def shown(self, found: Any, *, many: bool = False) -> Any:
        """With the links of these entries recomputed."""
        if self.action_name != "chains":
            entries = list(found) if many else [found]
            links = links_verify([entry.pk for entry in entries])
            for entry in entries:
                entry.chain = links.get(entry.pk, UNSEALED)
        return super().shown(found, many=many)

    @action(methods=["get"], detail=False)
    def chains(self, request: Request) -> Response:
        """The head of each chain that the viewer may read."""
        self.authorize_list()
        verbs = self.viewer.tenant_verbs
        keys = [key for key, held in verbs.items() if self.verb in held]
        heads = heads_list(everything=self.viewer.can(self.verb), tenant_keys=keys)
        return Response(self.shown({"results": heads}))
