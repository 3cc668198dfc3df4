"""The shape of problem details, for the OpenAPI document."""

from __future__ import annotations

from rest_framework import serializers


class GiveBackSerializer(serializers.Serializer[object]):
    """One line of a plan: what holds how much, and how much of that is needed."""

    ref = serializers.CharField()
    scope = serializers.CharField()
    amount = serializers.IntegerField()
    needed = serializers.IntegerField()
    why = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)


class RefusalSerializer(serializers.Serializer[object]):
    """Which rule said no, with its numbers in the base unit of the dimension."""

    rule = serializers.CharField()
    title = serializers.CharField()
    scope = serializers.CharField()
    dimension = serializers.CharField(allow_blank=True)
    limit = serializers.IntegerField(allow_null=True)
    now = serializers.IntegerField(allow_null=True)
    asked = serializers.IntegerField(allow_null=True)
    short_by = serializers.IntegerField(allow_null=True)
    who = serializers.CharField(allow_blank=True)
    next_step = serializers.CharField(allow_blank=True)
    next_url = serializers.CharField(allow_blank=True)
    plan = GiveBackSerializer(
        many=True, help_text="What would have to be given back first, in this order."
    )


class ProblemSerializer(serializers.Serializer[object]):
    """Problem details (RFC 9457)."""

    type = serializers.CharField(help_text="urn:berth:problem:<code>")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable, for programs.")
    request_id = serializers.CharField(help_text="Name it when you ask an operator.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
    refusal = RefusalSerializer(required=False)
