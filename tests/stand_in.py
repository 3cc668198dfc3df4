"""Tests on the simulator that stand in for those on a control plane, where there is none."""

from __future__ import annotations

import os

import pytest

NO_BED = "bed" in os.environ.get("BERTH_TESTS_ABSENT", "").split()  # bin/test says so
MARKS: tuple[pytest.MarkDecorator, ...] = () if NO_BED else (pytest.mark.long,)
