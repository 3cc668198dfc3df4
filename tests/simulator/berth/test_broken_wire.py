"""Spoilt and lost answers of the simulator: the same tests as on a control plane."""

from __future__ import annotations

import pytest

from tests.scheduling.test_broken_wire import *  # noqa: F403

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
