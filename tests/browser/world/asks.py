"""Requests of two teams in every state, made through the services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.scope import scope
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
from tests.people import People, Someone
from tests.scheduling.pages.seed import GIB, H100

SHAPE = {"cpu": 8000, "memory": 64 * GIB, H100: 2}
WHY = {
    "detect-v4": "Retrain the detector on the autumn recordings before the release on 9 December.",
    "asr-nordic": "Fine-tune on the Nordic set before the model freeze.",
    "sweep": "Hyper-parameter sweep for the CVPR submission; deadline in nine days.",
    "mining": "I want to see how fast these are.",
    "ablation": "Ablations that reviewers asked for; can be interrupted at any time.",
}


@dataclass(frozen=True, slots=True)
class Asks:
    """Requests by what they show."""

    draft: CapacityRequest
    waiting: CapacityRequest
    rival: CapacityRequest
    offered: CapacityRequest
    approved: CapacityRequest
    rejected: CapacityRequest
    withdrawn: CapacityRequest
    quota: CapacityRequest
    renewal: CapacityRequest
    own: CapacityRequest


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests are written: who, and when."""

    people: People
    now: datetime

    def draft(self, by: Someone, name: str, tenant: str = "vision", **changes: Any) -> Any:
        """A draft of two replicas with two H100 each; `changes` go into the ask."""
        until_at = changes.pop("until_at", self.now + timedelta(days=9))
        ask: dict[str, Any] = {
            "kind": "workload",
            "name": name,
            "pool": "h100",
            "replicas": 2,
            "shape": SHAPE,
            "runs_as": "service",
            "spec": {"image": f"registry.example.com/{tenant}/{name}:1.4"},
        }
        if ask["kind"] != changes.get("kind", "workload"):
            ask.pop("spec")
        data = RequestInput(
            kind="allocation",
            ask=ask | changes,
            until_at=until_at,
            justification=WHY.get(name, "Nightly evaluation."),
        )
        return self._save(by, tenant, data)

    def sent(self, by: Someone, name: str, tenant: str = "vision", **changes: Any) -> Any:
        """The same, submitted."""
        return self.send(by, self.draft(by, name, tenant, **changes))

    def plain(self, by: Someone, kind: str, ask: dict[str, Any], **values: Any) -> Any:
        """A request of another kind, submitted."""
        return self.send(by, self._save(by, "vision", RequestInput(kind=kind, ask=ask, **values)))

    def send(self, by: Someone, draft: CapacityRequest) -> CapacityRequest:
        """Submit a draft."""
        with scope(by.viewer) as viewer:
            return request_submit(request_id=draft.pk, viewer=viewer, now=self.now)

    def decide(self, act: Any, request: CapacityRequest, **values: Any) -> CapacityRequest:
        """Let the operator act on a request."""
        with scope(self.people.operator.viewer) as viewer:
            return act(request_id=request.pk, viewer=viewer, now=self.now, **values)  # type: ignore[no-any-return]

    def _save(self, by: Someone, tenant: str, data: RequestInput) -> CapacityRequest:
        with scope(by.viewer) as viewer:
            return request_draft_save(tenant_key=tenant, data=data, viewer=viewer, now=self.now)


def asks_make(people: People, member: Someone, held: Allocation, now: datetime) -> Asks:
    """A morning's requests; each state is reached by the service that leads there."""
    desk = Desk(people, now)
    offered = desk.sent(member, "sweep", replicas=3)
    rejected = desk.sent(member, "mining", replicas=1)
    rival = desk.sent(people.charlie, "asr-nordic", "speech", replicas=2)
    withdrawn = desk.sent(people.alice, "old-idea", replicas=1)
    with scope(people.alice.viewer) as viewer:
        request_withdraw(request_id=withdrawn.pk, viewer=viewer, now=now)
    approved = desk.sent(member, "detect-v4", replicas=1)
    desk.decide(request_approve, approved)
    words = "One replica until Friday; two more once the benchmark of speech is through."
    desk.decide(request_counter, offered, ask={"replicas": 1}, until_at=None, reason=words)
    desk.decide(request_reject, rejected, reason="Name the experiment and I will look again.")
    desk.decide(request_claim, rival)
    doubled = {"pool": "h100", "guaranteed": {H100: 20, "cpu": 240_000}}
    later = now + timedelta(days=30)
    return Asks(
        draft=desk.draft(member, "next-idea"),
        waiting=desk.sent(member, "ablation", replicas=2),
        rival=rival,
        offered=offered,
        approved=approved,
        rejected=rejected,
        withdrawn=withdrawn,
        quota=desk.plain(
            people.alice, "quota", doubled, justification="The team doubles in January."
        ),
        renewal=desk.plain(people.alice, "renew", {"allocation": held.pk}, until_at=later),
        own=desk.sent(people.operator, "smoke-test", replicas=1),
    )
