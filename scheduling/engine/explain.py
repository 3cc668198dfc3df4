"""A decision as plain data, and back: what job rows, pages and REST answers carry."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from scheduling.engine.types import Decision, Placement


def explain(decision: Decision) -> dict[str, Any]:
    """Everything that was looked at: checks in order, and each refused node with its reason."""
    return {
        "verdict": str(decision.verdict),
        "checks": [asdict(check) for check in decision.checks],
        "refused": [
            {key: value for key, value in asdict(refusal).items() if value not in (None, "")}
            for refusal in decision.refused
        ],
    }


def placements_dump(placements: tuple[Placement, ...]) -> list[dict[str, Any]]:
    """Placements as plain data."""
    return [asdict(placement) for placement in placements]
