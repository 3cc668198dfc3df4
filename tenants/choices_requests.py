"""Closed lists of capacity requests."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.choices import AllocationState


class RequestKind(models.TextChoices):
    """What a tenant asks for; resize comes with the resize centre."""

    ALLOCATION = "allocation", _("Allocation")
    QUOTA = "quota", _("Quota")
    RENEW = "renew", _("Renewal")


class RequestState(models.TextChoices):
    """Where a request stands; what follows an approval is its stage."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    IN_REVIEW = "in_review", _("In review")
    COUNTERED = "countered", _("Offer made")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


OPEN_STATES = (RequestState.SUBMITTED, RequestState.IN_REVIEW, RequestState.COUNTERED)
DECIDED_STATES = (
    RequestState.APPROVED,
    RequestState.REJECTED,
    RequestState.WITHDRAWN,
    RequestState.EXPIRED,
)


RENEWABLE_STATES = (
    AllocationState.APPLYING,
    AllocationState.ACTIVE,
    AllocationState.DEGRADED,
)


class RequestStage(models.TextChoices):
    """How far an approved request has come; read from its allocation and job, stored nowhere."""

    SCHEDULED = "scheduled", _("Scheduled")
    FULFILLING = "fulfilling", _("Being fulfilled")
    FULFILLED = "fulfilled", _("Fulfilled")
    FAILED = "failed", _("Failed")


class RequestVerdict(models.TextChoices):
    """What a preview answers."""

    FITS_NOW = "fits_now", _("Fits now")
    FITS_NEEDS_APPROVAL = "fits_needs_approval", _("Fits now, needs approval")
    MUST_WAIT = "must_wait", _("Must wait")
    CANNOT_FIT = "cannot_fit", _("Cannot fit")
