"""Everybody, and an endpoint to try the base classes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.people import people, people_committed
from tests.portal.calls import Api

__all__ = ["people", "people_committed"]


@pytest.fixture
def berths(settings: Settings) -> None:
    """Put the test's own resource below /api/v1/berths/."""
    settings.ROOT_URLCONF = "tests.portal.resource"


@pytest.fixture
def api(berths: None, people: Any) -> Api:
    """Alice, who owns the tenant "vision", calling the API."""
    return Api(people.alice.client())


@pytest.fixture
def anonymous() -> Client:
    """A browser in which nobody has signed in."""
    return Client()
