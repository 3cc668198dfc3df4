"""What tenants ask for, and everything that happened to each ask."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Now

from portal.models import JobRun
from portal.models.jobs import JobState
from portal.viewer import VisibleQuerySet
from scheduling.choices import AllocationState, Priority
from scheduling.models import Allocation
from tenants.choices_requests import RequestKind, RequestStage, RequestState
from tenants.models.tenant import Tenant

MAX_JUSTIFICATION = 2000
FAR = datetime(9999, 1, 1, tzinfo=UTC)
FAILED_STATES = (AllocationState.FAILED,)
WAITING_STATES = (
    AllocationState.PLANNED,
    AllocationState.RESERVED,
    AllocationState.APPLYING,
)


class CapacityRequestQuerySet(VisibleQuerySet):
    """Rows carry their tenant's key as the foreign key itself."""

    tenant_field: ClassVar[str] = "tenant_id"

    def with_stage(self, *, now: datetime) -> Self:
        """Add `stage`: a RequestStage for approved requests, "" for all others.

        An allocation that was never active and is given back counts as failed: the tenant did not
        get what was granted. So does one that is given back because it failed.
        """
        jobs = JobRun.objects.filter(
            key=Concat(Value("allocation:"), Cast(OuterRef("allocation_id"), models.TextField()))
        )
        later = jobs.filter(state=JobState.QUEUED, due_at__gt=now)
        failing = jobs.filter(args__fails=True)
        approved = Q(state=RequestState.APPROVED)
        asked = Q(kind=RequestKind.ALLOCATION)
        never_up = Q(allocation__active_at=None)
        return self.annotate(
            stage=Case(
                When(~approved, then=Value("")),
                When(~asked, then=Value(RequestStage.FULFILLED)),
                When(allocation__state__in=FAILED_STATES, then=Value(RequestStage.FAILED)),
                When(
                    never_up & ~Q(allocation__state__in=WAITING_STATES),
                    then=Value(RequestStage.FAILED),
                ),
                When(
                    Exists(failing),
                    allocation__state=AllocationState.RELEASING,
                    then=Value(RequestStage.FAILED),
                ),
                When(
                    Exists(later),
                    allocation__state=AllocationState.PLANNED,
                    then=Value(RequestStage.SCHEDULED),
                ),
                When(allocation__state__in=WAITING_STATES, then=Value(RequestStage.FULFILLING)),
                default=Value(RequestStage.FULFILLED),
                output_field=models.CharField(),
            )
        )

    def with_due(self) -> Self:
        """Add `due_at`, the deadline, or a far day where there is none yet: to order by."""
        return self.annotate(due_at=Coalesce("deadline_at", Value(FAR)))


class CapacityRequest(models.Model):
    """A tenant's ask for an allocation, for quota, or for more time.

    `ask` is what tenants.asks reads: for an allocation the fields of AllocationAsk beside time and
    priority, for quota {"pool", "guaranteed": Amounts}, for a renewal {"allocation": id}. `counter`
    is an operator's smaller offer: the fields of `ask` that differ, and "until_at" where that does.
    `allocation` is the one to renew, or the one that an approval made. `preview_at_submit` keeps
    what the tenant was shown. Whoever made, edited or submitted a request can't decide it.
    """

    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.PROTECT,
        to_field="key",
        db_column="tenant_key",
        related_name="requests",
    )
    kind = models.CharField(max_length=10, choices=RequestKind)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.DRAFT)
    ask = models.JSONField(default=dict)
    counter = models.JSONField(null=True, blank=True)
    start_at = models.DateTimeField(null=True, blank=True)
    until_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    priority = models.CharField(max_length=6, choices=Priority, default=Priority.NORMAL)
    preemptible = models.BooleanField(default=False)
    justification = models.CharField(max_length=MAX_JUSTIFICATION, blank=True, default="")
    allocation = models.ForeignKey(
        Allocation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    created_by_id = models.BigIntegerField(null=True, blank=True)
    created_by_label = models.CharField(max_length=250)
    edited_by_ids = models.JSONField(default=list)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by_id = models.BigIntegerField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by_id = models.BigIntegerField(null=True, blank=True)
    claimed_by_label = models.CharField(max_length=250, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_id = models.BigIntegerField(null=True, blank=True)
    decided_by_label = models.CharField(max_length=250, blank=True, default="")
    decided_rule = models.CharField(max_length=40, blank=True, default="")
    decision_reason = models.CharField(max_length=MAX_JUSTIFICATION, blank=True, default="")
    preview_at_submit = models.JSONField(null=True, blank=True)
    generation = models.PositiveIntegerField(default=1)

    objects = CapacityRequestQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=RequestKind.values), name="request_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=RequestState.values), name="request_state_known"
            ),
            models.CheckConstraint(
                condition=Q(until_at=None) | Q(start_at=None) | Q(until_at__gt=F("start_at")),
                name="request_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[RequestState.DRAFT, RequestState.WITHDRAWN])
                | Q(submitted_at__isnull=False, deadline_at__isnull=False),
                name="request_submitted_has_deadline",
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.COUNTERED) | Q(counter__isnull=False),
                name="request_countered_has_offer",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "state"], name="request_tenant_state"),
            models.Index(
                fields=["deadline_at"],
                condition=Q(state__in=["submitted", "in_review", "countered"]),
                name="request_open_deadline",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.kind}"

    @property
    def ref(self) -> str:
        """The name people use: #12."""
        return f"#{self.pk}"

    @property
    def asker_ids(self) -> frozenset[int]:
        """People for whom this is their own request: who made, edited or submitted it."""
        ids = {self.created_by_id, self.submitted_by_id, *self.edited_by_ids}
        return frozenset(user_id for user_id in ids if user_id is not None)


class RequestEvent(models.Model):
    """One thing that happened to a request; append-only.

    `verb` with `params` becomes a sentence when it is read (tenants.request_words); `before` and
    `after` hold what changed.
    """

    request = models.ForeignKey(CapacityRequest, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_label = models.CharField(max_length=250)
    verb = models.CharField(max_length=20)
    params = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.request_id} {self.verb}"
