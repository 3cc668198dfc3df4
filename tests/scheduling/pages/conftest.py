"""The seeded installation, once in the test's own transaction."""

from __future__ import annotations

import pytest

from tests.people import People
from tests.scheduling.pages.seed import Seed, seed_make


@pytest.fixture
def seed(people: People) -> Seed:
    """Clusters, pools, quota, allocations in every state."""
    assert people
    return seed_make()
