"""Words with a fixed set of values."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AllocationKind(models.TextChoices):
    """What a tenant holds."""

    WORKLOAD = "workload", _("Workload")
    OPEN = "open", _("Open capacity")


class RunsAs(models.TextChoices):
    """How a workload lives: until it is released, or until its work is done."""

    SERVICE = "service", _("Service")
    COMPLETION = "completion", _("To completion")


class AllocationState(models.TextChoices):
    """Where an allocation stands; the last two are final."""

    PLANNED = "planned", _("Planned")
    RESERVED = "reserved", _("Reserved")
    APPLYING = "applying", _("Applying")
    ACTIVE = "active", pgettext_lazy("state of an allocation", "Active")
    DEGRADED = "degraded", _("Degraded")
    RELEASING = "releasing", _("Releasing")
    RELEASED = "released", _("Released")
    FAILED = "failed", _("Failed")


HOLDING_STATES = (
    AllocationState.RESERVED,
    AllocationState.APPLYING,
    AllocationState.ACTIVE,
    AllocationState.DEGRADED,
    AllocationState.RELEASING,
)
LIVE_STATES = (AllocationState.PLANNED, *HOLDING_STATES)
ENDED_STATES = (AllocationState.RELEASED, AllocationState.FAILED)


class Priority(models.TextChoices):
    """How urgent: who gives way first where Berth has to choose. Pods get no PriorityClass."""

    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")


class DriftKind(models.TextChoices):
    """How the cluster differs from what Berth wrote."""

    MISSING = "missing", _("Deleted by somebody else")
    CHANGED = "changed", _("Changed by somebody else")
    FOREIGN = "foreign", _("Somebody else's object under our name")
    LABEL = "label", _("Ownership label changed")
    POOL = "pool", _("Node left the pool")
