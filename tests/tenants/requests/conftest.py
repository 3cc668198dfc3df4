"""A harbour for requests: mirrored facts of a connected cluster, a pool, and quota.

Requests look at facts and counters in PostgreSQL alone, so the rows are written as the watcher
would write them; no cluster has to run.
"""

from __future__ import annotations

import pytest

from tests.people import People
from tests.tenants.requests.harbour import Harbour, harbour_make


@pytest.fixture
def harbour(people: People) -> Harbour:
    """The harbour within the test's own transaction."""
    return harbour_make(people)


@pytest.fixture
def harbour_committed(people_committed: People) -> Harbour:
    """The harbour, committed: for tests with several connections."""
    return harbour_make(people_committed)
