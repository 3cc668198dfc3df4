"""What requests and previews look like in REST; in and out are apart."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.api.fields import FlagField, KeyField, StrictTextField
from portal.api.problem_serializer import RefusalSerializer
from scheduling.choices import Priority
from tenants.api.request_fields import AskField, StrictSerializer
from tenants.choices_requests import RequestKind, RequestStage, RequestVerdict
from tenants.models import MAX_JUSTIFICATION, CapacityRequest
from tenants.selectors.previews import preview_masked
from tenants.selectors.requests import request_verbs


class RequestTermsIn(StrictSerializer):
    """What can be changed of a draft."""

    ask = AskField()
    start_at = serializers.DateTimeField(allow_null=True, default=None)
    until_at = serializers.DateTimeField(allow_null=True, default=None)
    deadline_at = serializers.DateTimeField(
        allow_null=True, default=None, help_text="Seven days after start where it is left out."
    )
    priority = serializers.ChoiceField(Priority.choices, default=Priority.NORMAL)
    preemptible = FlagField(default=False)
    justification = StrictTextField(
        max_length=MAX_JUSTIFICATION, allow_blank=True, default="", trim_whitespace=False
    )


class RequestIn(RequestTermsIn):
    """A request to make: a draft, or with `submit` one that is decided."""

    tenant = KeyField()
    kind = serializers.ChoiceField(RequestKind.choices)
    submit = FlagField(default=False)


class SimulateIn(StrictSerializer):
    """An ask to look at."""

    tenant = KeyField()
    kind = serializers.ChoiceField(RequestKind.choices, default=RequestKind.ALLOCATION)
    ask = AskField()
    until_at = serializers.DateTimeField(allow_null=True, default=None)


class RequestNothingIn(StrictSerializer):
    """A body without fields."""


class RequestReasonIn(StrictSerializer):
    """A reason, which may be left out."""

    reason = StrictTextField(max_length=MAX_JUSTIFICATION, allow_blank=True, default="")


class RequestRejectIn(StrictSerializer):
    """Why not."""

    reason = StrictTextField(max_length=MAX_JUSTIFICATION)


class RequestCounterIn(StrictSerializer):
    """A smaller offer: the fields of `ask` that differ, an earlier end, and why."""

    ask = AskField(default=dict)
    until_at = serializers.DateTimeField(allow_null=True, default=None)
    reason = StrictTextField(max_length=MAX_JUSTIFICATION)


class PreviewCheckOut(serializers.Serializer[Any]):
    """One rule with its numbers; null where the viewer may not read them."""

    rule = serializers.CharField()
    ok = serializers.BooleanField()
    scope = serializers.CharField(allow_blank=True)
    resource = serializers.CharField(allow_blank=True)
    limit = serializers.IntegerField(allow_null=True)
    now = serializers.IntegerField(allow_null=True)
    asked = serializers.IntegerField(allow_null=True)
    short_by = serializers.IntegerField(allow_null=True)


class PreviewRuleLineOut(serializers.Serializer[Any]):
    """One condition of approval by rule."""

    code = serializers.CharField()
    ok = serializers.BooleanField()
    resource = serializers.CharField(allow_blank=True)
    limit = serializers.IntegerField(allow_null=True)
    asked = serializers.IntegerField(allow_null=True)


class PreviewEffectOut(serializers.Serializer[Any]):
    """Quota of one resource before and after."""

    resource = serializers.CharField()
    before = serializers.IntegerField()
    after = serializers.IntegerField()
    limit = serializers.IntegerField(allow_null=True)


class PreviewPlacementOut(serializers.Serializer[Any]):
    """Replicas on a node."""

    node_uid = serializers.CharField()
    node_name = serializers.CharField()
    cluster = serializers.CharField()
    replicas = serializers.IntegerField()


class PreviewAlternativeOut(serializers.Serializer[Any]):
    """The same with fewer replicas."""

    replicas = serializers.IntegerField()
    total = serializers.DictField(child=serializers.IntegerField())
    by_rule = serializers.BooleanField()


class PreviewOut(serializers.Serializer[Any]):
    """What an ask would meet now. It reserves nothing."""

    kind = serializers.ChoiceField(RequestKind.choices)
    verdict = serializers.ChoiceField(RequestVerdict.choices)
    reserves_nothing = serializers.BooleanField()
    rule = serializers.CharField(allow_blank=True, help_text="The rule that would approve it.")
    rule_lines = PreviewRuleLineOut(many=True)
    checks = PreviewCheckOut(many=True)
    refusal = RefusalSerializer(allow_null=True)
    effects = PreviewEffectOut(many=True)
    placements = PreviewPlacementOut(many=True)
    refused_nodes = serializers.DictField(child=serializers.IntegerField())
    alternatives = PreviewAlternativeOut(many=True)
    facts_at = serializers.CharField(allow_null=True)
    age_seconds = serializers.IntegerField(allow_null=True)
    at = serializers.CharField()


class RequestEventOut(serializers.Serializer[Any]):
    """One thing that happened to a request."""

    at = serializers.DateTimeField()
    actor = serializers.CharField(source="actor_label")
    verb = serializers.CharField()
    params = serializers.DictField()
    before = serializers.DictField()
    after = serializers.DictField()


class RequestOut(serializers.ModelSerializer[CapacityRequest]):
    """A request. `stage` says how far an approved one has come."""

    ref = serializers.CharField()
    tenant = serializers.CharField(source="tenant_id")
    stage = serializers.ChoiceField(RequestStage.choices, allow_blank=True)
    ask = AskField()
    counter = serializers.DictField(allow_null=True)
    requested_by = serializers.CharField(source="created_by_label")
    claimed_by = serializers.CharField(source="claimed_by_label", allow_blank=True)
    decided_by = serializers.CharField(source="decided_by_label", allow_blank=True)
    allocation = serializers.IntegerField(source="allocation_id", allow_null=True)

    class Meta:
        model = CapacityRequest
        fields = (
            "id",
            "ref",
            "tenant",
            "kind",
            "state",
            "stage",
            "ask",
            "counter",
            "start_at",
            "until_at",
            "deadline_at",
            "priority",
            "preemptible",
            "justification",
            "requested_by",
            "created_at",
            "submitted_at",
            "claimed_by",
            "claimed_at",
            "decided_by",
            "decided_rule",
            "decided_at",
            "decision_reason",
            "allocation",
            "generation",
        )


class RequestDetailOut(RequestOut):
    """A request with what happened to it, what was shown then, and what the asker may do."""

    preview_at_submit = PreviewOut(allow_null=True)
    events = RequestEventOut(many=True)
    verbs = serializers.SerializerMethodField()

    class Meta(RequestOut.Meta):
        fields: Any = (
            *RequestOut.Meta.fields,
            "preview_at_submit",
            "events",
            "verbs",
        )

    def to_representation(self, instance: CapacityRequest) -> dict[str, Any]:
        """With the kept preview as this viewer may read it: somebody else may have submitted."""
        data: dict[str, Any] = super().to_representation(instance)
        shown = data["preview_at_submit"]
        if shown:
            data["preview_at_submit"] = preview_masked(shown, viewer=self.context["viewer"])
        return data

    def get_verbs(self, request: CapacityRequest) -> list[str]:
        """Verbs that would work now, for whoever asks."""
        return list(request_verbs(request, viewer=self.context["viewer"]))


class RequestDecidedOut(serializers.Serializer[Any]):
    """A decided request, and what it meets at this moment."""

    request = RequestDetailOut()
    preview = PreviewOut()
