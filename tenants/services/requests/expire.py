"""Requests that nobody decided in time."""

from __future__ import annotations

from datetime import datetime

from portal.errors import Conflict, PreconditionFailed
from portal.scope import scope
from portal.viewer import Viewer
from tenants.choices_requests import OPEN_STATES
from tenants.models import CapacityRequest
from tenants.services.requests.record import request_move, request_record
from tenants.services.requests.tell import asker_tell

BATCH = 200


def request_expire_due(now: datetime) -> None:
    """End open requests whose deadline has passed; each in a transaction of its own."""
    berth = Viewer.system()
    with scope(berth):
        due = CapacityRequest.objects.filter(state__in=OPEN_STATES, deadline_at__lte=now)
        ids = list(due.order_by("deadline_at").values_list("pk", flat=True)[:BATCH])
    for request_id in ids:
        with scope(berth):
            _expire(request_id, berth, now)


def _expire(request_id: int, berth: Viewer, now: datetime) -> None:
    found = CapacityRequest.objects.get(pk=request_id)
    before = found.state
    try:
        request_move(
            found,
            "expire",
            values={
                "counter": None,
                "decided_at": now,
                "decided_by_id": None,
                "decided_by_label": "",
                "decision_reason": "",
            },
        )
    except (Conflict, PreconditionFailed):
        return  # somebody changed it while we were looking; the next round looks again
    request_record(found, "expire", viewer=berth, before=before)
    asker_tell(found, "request.expired", but=None)
