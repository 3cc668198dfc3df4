"""What a tenant asks for: a request in every state, reached through the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation
from tenants.models import CapacityRequest
from tenants.services.requests import (
    RequestInput,
    request_approve,
    request_claim,
    request_counter,
    request_draft_save,
    request_reject,
    request_submit,
    request_withdraw,
)
from tests.scheduling.pages.seed import GIB, H100
from tests.surface.world.marks import text_of


def asks_make(
    tenant_key: str, *, asker: Viewer, decider: Viewer, held: Allocation, now: datetime
) -> dict[str, CapacityRequest]:
    """Requests by their state, and one of each other kind; every text has the tenant's word."""
    word = text_of(tenant_key)

    def ask(name: str, *, replicas: int = 1) -> dict[str, Any]:
        return {
            "kind": "workload",
            "name": f"{word}-{name}",
            "pool": "train",
            "replicas": replicas,
            "shape": {"cpu": 2000, "memory": 4 * GIB, H100: 1},
            "runs_as": "service",
            "spec": {"image": f"registry.example.com/{word}:1"},
        }

    def draft(data: dict[str, Any], kind: str = "allocation", **more: Any) -> CapacityRequest:
        values = RequestInput(kind=kind, ask=data, justification=f"Because {word}.", **more)
        with scope(asker):
            return request_draft_save(tenant_key=tenant_key, data=values, viewer=asker, now=now)

    def sent(*given: Any, **more: Any) -> CapacityRequest:
        return _act(request_submit, draft(*given, **more), asker, now)

    def decided(service: Callable[..., Any], name: str, **more: Any) -> CapacityRequest:
        return _act(service, sent(ask(name, replicas=2)), decider, now, **more)

    later = now + timedelta(days=30)
    no = f"No to {word}."
    return {
        "draft": draft(ask("draft")),
        "waiting": sent(ask("wanted")),
        "withdrawn": _act(request_withdraw, sent(ask("gone")), asker, now, reason=no),
        "claimed": decided(request_claim, "claimed"),
        "countered": decided(
            request_counter, "less", ask={"replicas": 1}, until_at=None, reason=no
        ),
        "rejected": decided(request_reject, "no", reason=no),
        "approved": decided(request_approve, "yes", reason=f"Yes to {word}."),
        "quota": sent({"pool": "train", "guaranteed": {H100: 12}}, "quota"),
        "renewal": sent({"allocation": held.pk}, "renew", until_at=later),
    }


def _act(
    service: Callable[..., Any],
    request: CapacityRequest,
    viewer: Viewer,
    now: datetime,
    **more: Any,
) -> CapacityRequest:
    with scope(viewer):
        service(request_id=request.pk, viewer=viewer, now=now, **more)
    with scope(Viewer.system("tests")):
        return CapacityRequest.objects.get(pk=request.pk)
