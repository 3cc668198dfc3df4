"""The shipped admission policies on the simulator: the same tests as on a control plane."""

from __future__ import annotations

import pytest

from tests.inventory.test_admission_policies import *  # noqa: F403
from tests.inventory.test_admission_policies import _spaces

__all__ = ["_spaces"]
pytestmark = [pytest.mark.timeout(300)]
