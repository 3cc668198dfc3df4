"""Writing down what a tenant may want; nobody is asked yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from portal.errors import Conflict, FieldErrors, PreconditionFailed
from portal.viewer import Viewer, authorize
from scheduling.choices import Priority
from tenants.asks import ask_read, text_problem
from tenants.choices_requests import RequestKind, RequestState
from tenants.inputs import choice_check
from tenants.models import MAX_JUSTIFICATION, CapacityRequest
from tenants.selectors.requests import request_get
from tenants.services.requests.record import request_record, wrong_state
from tenants.services.rows import tenant_open

HORIZON = timedelta(days=5 * 366)
KEPT = ("ask", "start_at", "until_at", "deadline_at", "priority", "preemptible", "justification")


@dataclass(frozen=True, slots=True)
class RequestInput:
    """What a person or a program sends for a request; `ask` has the fields of tenants.asks."""

    kind: str
    ask: Any
    start_at: datetime | None = None
    until_at: datetime | None = None
    deadline_at: datetime | None = None
    priority: str = Priority.NORMAL
    preemptible: bool = False
    justification: str = ""


@transaction.atomic
def request_draft_save(
    *,
    tenant_key: str,
    data: RequestInput,
    viewer: Viewer,
    now: datetime,
    request_id: int | None = None,
    generation: int | None = None,
) -> CapacityRequest:
    """Make a draft, or change one with `request_id`; what is missing may come later.

    Raises NotFound, Denied, PreconditionFailed (changed since `generation`), Conflict (no longer
    a draft, tenant archived) or Invalid.
    """
    if request_id is not None:
        return _change(request_id, tenant_key, data, viewer, now, generation)
    authorize(viewer=viewer, verb="request.create", tenant_key=tenant_key)
    tenant = tenant_open(tenant_key, viewer)
    made = CapacityRequest(
        tenant=tenant,
        kind=data.kind,
        created_by_id=viewer.user_id,
        created_by_label=viewer.label,
        **_values(data, now),
    )
    made.save(force_insert=True)
    request_record(made, "draft", viewer=viewer, params={"kind": made.kind})
    made.refresh_from_db()
    return made


def request_draft_open(
    *, request_id: int, viewer: Viewer, generation: int | None = None
) -> CapacityRequest:
    """A draft that may be changed now.

    Raises NotFound, Denied, Conflict (no longer a draft, tenant archived) or PreconditionFailed.
    """
    found = request_get(request_id=request_id, viewer=viewer)
    authorize(viewer=viewer, verb="request.create", tenant_key=found.tenant_id)
    if found.state != RequestState.DRAFT:
        raise wrong_state(found)
    if generation is not None and found.generation != generation:
        raise PreconditionFailed
    tenant_open(found.tenant_id, viewer)
    return found


def _change(
    request_id: int,
    tenant_key: str,
    data: RequestInput,
    viewer: Viewer,
    now: datetime,
    generation: int | None,
) -> CapacityRequest:
    found = request_draft_open(request_id=request_id, viewer=viewer, generation=generation)
    if (found.tenant_id, found.kind) != (tenant_key, data.kind):
        raise Conflict(_("Tenant and kind of a request never change. Make another request."))
    rows = CapacityRequest.objects.filter(
        pk=found.pk, state=RequestState.DRAFT, generation=found.generation
    )
    editor = () if viewer.user_id is None else (viewer.user_id,)
    editors = sorted({*found.edited_by_ids, *editor})
    values = _values(data, now) | {"edited_by_ids": editors}  # whose request it is now, too
    if not rows.update(**values, generation=F("generation") + 1):
        raise PreconditionFailed
    found.refresh_from_db()
    request_record(found, "edit", viewer=viewer)
    return found


def _values(data: RequestInput, now: datetime) -> dict[str, Any]:
    """The columns, after what can be said about them without looking at anything else."""
    errors = FieldErrors()
    choice_check(errors, "kind", data.kind, RequestKind.values)
    choice_check(errors, "priority", data.priority, Priority.values)
    _justification_check(errors, data.justification)
    for name in ("start_at", "until_at", "deadline_at"):
        _time_check(errors, name, getattr(data, name), now)
    if data.start_at and data.until_at and data.until_at <= data.start_at:
        errors.add("until_at", _("The end has to come after the start."))
    errors.raise_any()
    values = {name: getattr(data, name) for name in KEPT}
    return values | {"ask": ask_read(kind=data.kind, data=data.ask)}


def _justification_check(errors: FieldErrors, text: str) -> None:
    if text_problem(text) is not None:
        errors.add("justification", _("Leave out NUL characters and half characters."))
    elif len(text) > MAX_JUSTIFICATION:
        sentence = _("At most %(limit)s characters; this has %(now)s.")
        errors.add("justification", sentence % {"limit": MAX_JUSTIFICATION, "now": len(text)})


def _time_check(errors: FieldErrors, name: str, at: datetime | None, now: datetime) -> None:
    """Past times are found when the request is submitted: a draft may lie for a while."""
    if at is not None and at > now + HORIZON:
        errors.add(name, _("Choose a time within the next five years."))
