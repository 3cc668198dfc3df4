"""What people start in open capacity, on the simulator: the same tests as on a control plane."""

from __future__ import annotations

import pytest

from tests.scheduling.test_open_pods import *  # noqa: F403

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
