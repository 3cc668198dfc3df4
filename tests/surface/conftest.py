"""One seeded stage for each module and wall."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.surface.stage import Stage, stage_made


@pytest.fixture(scope="module")
def stage(
    request: Any, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Stage]:
    """The world behind both walls; a module's parameter `wall` names another arrangement."""
    with django_db_blocker.unblock(), stage_made(getattr(request, "param", "both")) as made:
        yield made
