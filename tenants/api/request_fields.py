"""Fields of requests in REST: strict about types, and true in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from portal.api.fields import AmountsField, KeyField, StrictIntegerField
from portal.joins import list_join
from scheduling.choices import AllocationKind, RunsAs


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a misspelt one must not be dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        """As DRF's, with a sentence for each unknown field."""
        if isinstance(data, dict):
            known = [name for name, field in self.fields.items() if not field.read_only]
            text = _("There is no such field. Known: %(names)s.")
            words = text % {"names": list_join(sorted(known))}
            unknown = {str(name)[:60]: [words] for name in data if name not in known}
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class AllocationAskShape(serializers.Serializer[Any]):
    """kind "allocation": replicas of a shape in a pool. A draft may leave fields out."""

    kind = serializers.ChoiceField(AllocationKind.choices, required=False)
    name = KeyField(required=False, help_text="Unique among the tenant's live allocations.")
    pool = serializers.CharField(required=False)
    cluster = serializers.CharField(required=False, help_text="Empty for any of the pool.")
    replicas = StrictIntegerField(required=False, least=1, most=1000)
    shape = AmountsField(required=False, help_text="Per replica.")
    runs_as = serializers.ChoiceField(RunsAs.choices, required=False)
    spec = serializers.DictField(
        required=False, help_text="image, command, args, env, ports; empty for open capacity."
    )
    consent = serializers.DictField(
        child=serializers.BooleanField(),
        required=False,
        help_text="evict: open capacity may be emptied; rerun: a run may begin again.",
    )


class QuotaAskShape(serializers.Serializer[Any]):
    """kind "quota": new guaranteed amounts in a pool."""

    pool = serializers.CharField(required=False)
    guaranteed = AmountsField(required=False)


class RenewAskShape(serializers.Serializer[Any]):
    """kind "renew": the allocation whose end moves to `until_at`."""

    allocation = StrictIntegerField(required=False, least=1)


class AskField(serializers.Field[dict[str, Any], Any, dict[str, Any], Any]):
    """An ask; the service reads it strictly, field by field."""

    shapes = (AllocationAskShape, QuotaAskShape, RenewAskShape)

    def to_internal_value(self, data: Any) -> Any:
        """What was sent."""
        return data

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        """The ask as it is kept."""
        return value
