"""Tables of the chassis."""

from portal.models.audit import AuditEntry, AuditHead
from portal.models.idempotency import IdempotentAnswer
from portal.models.installation import Installation
from portal.models.jobs import (
    ACTIVE_STATES,
    FINAL_STATES,
    Heartbeat,
    JobAttempt,
    JobLog,
    JobRun,
    JobState,
    JobStep,
    StepState,
)
from portal.models.live import LiveTopic, OutboxEvent
from portal.models.notices import EmailState, Notice, NoticePreference
from portal.models.saved_views import SavedView

__all__ = [
    "ACTIVE_STATES",
    "FINAL_STATES",
    "AuditEntry",
    "AuditHead",
    "EmailState",
    "Heartbeat",
    "IdempotentAnswer",
    "Installation",
    "JobAttempt",
    "JobLog",
    "JobRun",
    "JobState",
    "JobStep",
    "LiveTopic",
    "Notice",
    "NoticePreference",
    "OutboxEvent",
    "SavedView",
    "StepState",
]
