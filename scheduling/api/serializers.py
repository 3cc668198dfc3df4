"""What quota, allocations and drift look like in REST; in and out are apart."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.api.fields import KeyField, StrictIntegerField, StrictTextField
from portal.jobs.api.serializers import reason_out
from portal.models.jobs import JobRun
from scheduling.models import Allocation, Decision, Drift, Quota, QuotaChange, QuotaLedger
from scheduling.selectors.allocation_list import (
    HeldNode,
    QuotaEffect,
    held_nodes,
    pods_by_node,
    quota_effects,
)
from scheduling.selectors.refusals import check_masked


class ReasonNeeded(serializers.Serializer[Any]):
    """Why; required."""

    reason = StrictTextField(max_length=500)


class QuotaOut(serializers.ModelSerializer[Quota]):
    """A number: amounts in base units. `used` is null where nothing measures it."""

    tenant = serializers.CharField(source="tenant_key")
    pool = serializers.CharField(source="pool.name")
    cap = serializers.IntegerField()
    allocated = serializers.IntegerField()
    used = serializers.SerializerMethodField()

    class Meta:
        model = Quota
        fields = (
            "id",
            "tenant",
            "pool",
            "resource",
            "guaranteed",
            "cap",
            "allocated",
            "reserved",
            "bound",
            "releasing",
            "used",
            "generation",
            "updated_at",
        )

    def get_used(self, _quota: Quota) -> int | None:
        """Not reported: no measurement yet."""
        return None


class QuotaEditIn(serializers.Serializer[Any]):
    """One number to set; `generation` is that of the number it replaces, null for a new one."""

    tenant = KeyField()
    pool = KeyField()
    resource = KeyField()
    guaranteed = StrictIntegerField()
    generation = StrictIntegerField(allow_null=True, most=2**31 - 1)


class QuotaSetIn(serializers.Serializer[Any]):
    """Numbers to set together: all or none."""

    why = StrictTextField(max_length=500)
    edits = serializers.ListField(child=QuotaEditIn(), min_length=1, max_length=500)


class QuotaSetOut(serializers.Serializer[Any]):
    """The numbers as they are now."""

    quotas = QuotaOut(many=True)


class QuotaChangeOut(serializers.ModelSerializer[QuotaChange]):
    """Who set a number, from what to what, and why."""

    class Meta:
        model = QuotaChange
        fields = ("id", "field", "old", "new", "who", "why", "at")


class QuotaLedgerOut(serializers.ModelSerializer[QuotaLedger]):
    """One move of what is allocated; the sum of all moves is the number."""

    class Meta:
        model = QuotaLedger
        fields = (
            "id",
            "operation",
            "direction",
            "allocation_id",
            "job_id",
            "d_reserved",
            "d_bound",
            "d_releasing",
            "at",
        )


class AllocationOut(serializers.ModelSerializer[Allocation]):
    """An allocation. `shape` is per replica, `charged` the whole; amounts in base units."""

    ref = serializers.CharField()
    tenant = serializers.CharField(source="tenant_key")
    pool = serializers.CharField(source="pool.name")
    cluster = serializers.CharField(source="cluster.name", default=None, allow_null=True)
    namespace = serializers.CharField(source="namespace.name", default=None, allow_null=True)
    reason = serializers.SerializerMethodField()

    class Meta:
        model = Allocation
        fields: tuple[str, ...] = (
            "id",
            "ref",
            "tenant",
            "kind",
            "name",
            "runs_as",
            "state",
            "pool",
            "cluster",
            "namespace",
            "replicas",
            "shape",
            "charged",
            "priority",
            "preemptible",
            "generation",
            "reason",
            "deadline_at",
            "until_at",
            "created_at",
            "created_by",
            "active_at",
            "released_at",
        )

    def get_reason(self, allocation: Allocation) -> dict[str, Any] | None:
        """Why it failed: code, sentence and refusal."""
        return reason_out(allocation.reason, viewer=self.context["viewer"])


class AllocationDetailOut(AllocationOut):
    """With what it runs, where it stands, what it takes from quota, and open drift."""

    nodes = serializers.SerializerMethodField()
    quota_effect = serializers.SerializerMethodField()
    drift = serializers.SerializerMethodField()

    class Meta(AllocationOut.Meta):
        fields = (
            *AllocationOut.Meta.fields,
            "spec",
            "consent",
            "nodes",
            "quota_effect",
            "drift",
        )

    def get_nodes(self, allocation: Allocation) -> list[dict[str, Any]]:
        """Per node what is committed and bound, and its pods as the mirror saw them."""
        pods = pods_by_node(allocation)
        return [_node(node, pods.get(node.name, [])) for node in held_nodes(allocation=allocation)]

    def get_quota_effect(self, allocation: Allocation) -> list[dict[str, Any]]:
        """The tenant's number of each resource without it, its part, and with it."""
        return [_effect(effect) for effect in quota_effects(allocation=allocation)]

    def get_drift(self, allocation: Allocation) -> list[dict[str, Any]]:
        """Open differences between the cluster and what Berth wrote."""
        return list(getattr(allocation, "open_drifts", None) or [])


class DecisionOut(serializers.ModelSerializer[Decision]):
    """What the engine answered: checks in order, and for every refused node why."""

    explain = serializers.SerializerMethodField()

    class Meta:
        model = Decision
        fields = ("id", "at", "job_id", "verdict", "placements", "explain")

    def get_explain(self, decision: Decision) -> dict[str, Any]:
        """Verdict, checks and refused nodes; a parent's numbers only for who may read them."""
        kept: dict[str, Any] = decision.explain
        viewer = self.context["viewer"]
        return kept | {"checks": [check_masked(check, viewer) for check in kept.get("checks", ())]}


class JobLinkOut(serializers.ModelSerializer[JobRun]):
    """The job that does it; follow it at /api/v1/jobs/{job}/."""

    job = serializers.IntegerField(source="pk")
    ref = serializers.CharField()

    class Meta:
        model = JobRun
        fields = ("job", "ref", "kind", "state")


class DriftOut(serializers.ModelSerializer[Drift]):
    """Where a cluster differs from what Berth wrote, and who wrote it."""

    tenant = serializers.CharField(source="tenant_key")
    cluster = serializers.CharField(source="cluster.name")
    allocation = serializers.IntegerField(source="allocation_id", allow_null=True)

    class Meta:
        model = Drift
        fields = (
            "id",
            "tenant",
            "cluster",
            "allocation",
            "kind",
            "object_kind",
            "object_ref",
            "manager",
            "seen_at",
            "resolved_at",
            "choice",
        )


def _node(node: HeldNode, pods: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": node.name,
        "committed": {name: held.committed for name, held in node.held.items()},
        "bound": {name: held.bound for name, held in node.held.items()},
        "pods": [{key: pod[key] for key in ("name", "phase", "ready", "reason")} for pod in pods],
    }


def _effect(effect: QuotaEffect) -> dict[str, Any]:
    return {
        "resource": effect.quota.resource,
        "before": effect.before,
        "this": effect.mine,
        "allocated": effect.quota.allocated,
        "cap": effect.quota.cap,
        "left": effect.left,
    }
