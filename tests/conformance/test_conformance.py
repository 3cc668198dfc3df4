"""The simulator says what a real API server says: status and body, field by field.

What control planes answered is kept in recorded/ by version, so the simulator is held to 1.37 where
Go is missing, too; with Go, a control plane itself is held to the recordings of its version.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.testbed import DEFAULT_VERSION
from tests.conformance.converse import RECORDED, compare, converse, recorded
from tests.conformance.scenarios_all import SCENARIOS
from tests.conformance.talk import Place

NAMES = sorted(SCENARIOS)


@pytest.mark.parametrize("name", NAMES)
def test_the_simulator_answers_as_recorded(simulator: Place, name: str) -> None:
    found = compare(recorded(name), converse(simulator, name))
    assert not found, "\n".join(found)


@pytest.mark.bed
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", NAMES)
def test_the_control_plane_answers_as_recorded(control_plane: Place, name: str) -> None:
    version = os.environ.get("BED_VERSION", DEFAULT_VERSION)
    if not (RECORDED / version).exists():
        pytest.skip(f"Nothing is recorded of {version}: see docs/simulator.md.")
    found = compare(recorded(name, version), converse(control_plane, name))
    assert not found, "\n".join(found)


def test_nothing_is_recorded_that_nobody_asks() -> None:
    from_files = {path.stem for path in recorded_files()}
    assert from_files == set(NAMES)


def recorded_files() -> list[Path]:
    """Every recording."""
    return sorted(RECORDED.glob("*/*.json"))
