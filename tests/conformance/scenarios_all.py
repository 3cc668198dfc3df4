"""Every scenario by name."""

from __future__ import annotations

from collections.abc import Callable

from tests.conformance.scenarios import (
    applying,
    basics,
    fences,
    reading,
    refusals,
    rights,
    rollouts,
    showing,
    workloads,
)
from tests.conformance.talk import Talk

Scenario = Callable[[Talk], None]
MODULES = (basics, applying, reading, rights, fences, workloads, showing, refusals, rollouts)
SCENARIOS: dict[str, Scenario] = {
    f"{module.__name__.rpartition('.')[2]}.{scenario.__name__}": scenario
    for module in MODULES
    for scenario in module.SCENARIOS
}
