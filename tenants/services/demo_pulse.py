"""Small runs that come and go in the demonstration, so that there is something to watch."""

from __future__ import annotations

from datetime import datetime
from random import Random

from portal.scope import scope
from scheduling.choices import LIVE_STATES, RunsAs
from scheduling.models import Allocation
from tenants.choices_requests import RequestKind, RequestState
from tenants.demo_day import PULSE
from tenants.services.demo_day import DAY, ask_body, ask_submit, asker_of
from tenants.services.requests import RequestInput, request_withdraw

MOST_AT_ONCE = 6


def pulse_beat(*, now: datetime, dice: Random) -> str:
    """Ask for one small run, unless enough are under way; return its name, "" without one.

    It is approved by rule; where it is not (the quota is used up), it is withdrawn at once, so
    that the operators' queue stays what people left in it.
    """
    with scope(DAY):
        if _under_way() >= MOST_AT_ONCE:
            return ""
    tenant, word, pool, each, least, most = dice.choice(PULSE)
    name = f"{word}-{now:%d%H%M%S}"
    seconds = dice.randint(least, most)
    ask = ask_body(name=name, pool=pool, replicas=1, each=each, runs_as=RunsAs.COMPLETION)
    ask["spec"] |= {
        "image": f"registry.example/{tenant}/{word}:1",
        "command": ["sleep", str(seconds)],
    }
    data = RequestInput(kind=RequestKind.ALLOCATION, ask=ask)
    made = ask_submit(tenant_key=tenant, data=data, now=now)
    if made.state == RequestState.SUBMITTED:
        with scope(asker_of(tenant)) as viewer:
            request_withdraw(request_id=made.pk, viewer=viewer, now=now)
        return ""
    return name


def _under_way() -> int:
    words = {word for _tenant, word, *_rest in PULSE}
    names = Allocation.objects.filter(state__in=LIVE_STATES, runs_as=RunsAs.COMPLETION)
    return sum(name.rpartition("-")[0] in words for name in names.values_list("name", flat=True))
