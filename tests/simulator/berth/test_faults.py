"""What clusters and people do to a job, on the simulator: the same tests as on a control plane."""

from __future__ import annotations

import pytest

from tests.scheduling.test_faults import *  # noqa: F403

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
