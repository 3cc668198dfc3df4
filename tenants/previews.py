"""A preview as a value, and as plain data for REST, pages and the row of a request. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from portal.refusal import Refusal
from scheduling.engine import Check, NodeView, Placement
from tenants.approval import RuleAnswer
from tenants.choices_requests import RequestVerdict


@dataclass(frozen=True, slots=True)
class Effect:
    """One resource of the tenant's quota: allocated before and after, of `limit` guaranteed.

    For a request for quota, the guaranteed amount itself before and after, without a limit.
    """

    resource: str
    before: int
    after: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Alternative:
    """The same with fewer replicas, which fits now; `by_rule` where no operator is needed."""

    replicas: int
    total: Mapping[str, int]
    by_rule: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPreview:
    """An answer to an ask. It reserves nothing: submitting and placing look again.

    `checks` stand in the order in which they were made, `refusal` is the first that failed.
    `refused` counts nodes that would take nothing by reason code; `facts_at` is when the oldest
    cluster concerned was heard of. `nodes` are those of the placements, as they stand now.
    """

    kind: str
    verdict: RequestVerdict
    rule: RuleAnswer
    checks: tuple[Check, ...] = ()
    refusal: Refusal | None = None
    effects: tuple[Effect, ...] = ()
    placements: tuple[Placement, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)
    alternatives: tuple[Alternative, ...] = ()
    facts_at: datetime | None = None
    at: datetime
    nodes: tuple[NodeView, ...] = ()

    @property
    def age_seconds(self) -> int | None:
        """Age of the oldest facts that the answer rests on; None where it rests on none."""
        if self.facts_at is None:
            return None
        return max(0, int((self.at - self.facts_at).total_seconds()))

    def with_rule(self, rule: RuleAnswer) -> RequestPreview:
        """The same, with another answer of the rules."""
        return replace(self, rule=rule)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able: amounts in base units, times in ISO 8601."""
        return {
            "kind": str(self.kind),
            "verdict": str(self.verdict),
            "reserves_nothing": True,
            "rule": self.rule.rule,
            "rule_lines": [asdict(line) for line in self.rule.lines],
            "checks": [asdict(check) for check in self.checks],
            "refusal": self.refusal.as_dict() if self.refusal else None,
            "effects": [asdict(effect) for effect in self.effects],
            "placements": [asdict(placement) for placement in self.placements],
            "refused_nodes": dict(sorted(self.refused.items())),
            "alternatives": [asdict(alternative) for alternative in self.alternatives],
            "facts_at": self.facts_at.isoformat() if self.facts_at else None,
            "age_seconds": self.age_seconds,
            "at": self.at.isoformat(),
        }
