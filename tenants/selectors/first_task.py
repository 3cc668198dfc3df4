"""How far somebody is with their first request, and an operator with their first decision."""

from __future__ import annotations

from django.db.models import Q

from portal.viewer import Viewer
from tenants.choices_requests import RequestKind, RequestState
from tenants.demo_day import ASKED, HELD, PULSE
from tenants.models import CapacityRequest

UNDECIDED = (RequestState.SUBMITTED, RequestState.IN_REVIEW)
PULSE_NAME = f"^({'|'.join(sorted({word for _tenant, word, *_rest in PULSE}))})-[0-9]{{8}}$"


def first_ask(*, tenant_key: str, viewer: Viewer) -> CapacityRequest | None:
    """The first allocation that the viewer asked for in a tenant, drafts aside.

    What the demonstration asks for in the viewer's name was not theirs: it goes by its names.
    """
    asked = CapacityRequest.objects.visible_to(viewer).filter(
        tenant_id=tenant_key, kind=RequestKind.ALLOCATION, created_by_id=viewer.user_id
    )
    own = asked.exclude(state=RequestState.DRAFT).exclude(
        Q(ask__name__in=[ask.name for ask in (*HELD, *ASKED) if ask.tenant == tenant_key])
        | Q(ask__name__regex=PULSE_NAME)
    )
    return own.select_related("allocation").order_by("pk").first()


def has_decided(*, viewer: Viewer) -> bool:
    """Tell whether the viewer has decided a request of somebody else."""
    decided = CapacityRequest.objects.visible_to(viewer).filter(decided_by_id=viewer.user_id)
    return decided.exclude(created_by_id=viewer.user_id).exists()


def next_to_decide(*, viewer: Viewer) -> CapacityRequest | None:
    """The ask for an allocation that was submitted last and waits for a decision."""
    waiting = CapacityRequest.objects.visible_to(viewer).filter(
        kind=RequestKind.ALLOCATION, state__in=UNDECIDED
    )
    others = waiting.exclude(submitted_by_id=viewer.user_id)
    return others.order_by("-submitted_at", "-pk").first()
