"""The fleet, and REST as each person."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.inventory.pages.fleet import Fleet, fleet_make
from tests.people import People
from tests.tenants.rest import Rest


@pytest.fixture
def fleet(people: People) -> Fleet:
    """The fleet of fleet.py, and the people beside it."""
    return fleet_make()


@pytest.fixture
def rest(people: People) -> Callable[[str], Rest]:
    """`rest("alice")` calls REST as her."""
    return lambda name: Rest(getattr(people, name).client())
