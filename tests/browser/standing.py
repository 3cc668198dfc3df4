"""A whole world and the program that serves it, committed, for all tests of one module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import Browser
from pytest_django.plugin import DjangoDbBlocker

from tests.browser.world import World, world_make
from tests.database import tables_empty
from tests.people import People, people_make
from tests.portal.servers import Server, uvicorn_running


@pytest.fixture(scope="module")
def people(
    browser: Browser, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[People]:
    """Everybody, committed, for all looks."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.PASSWORD_HASHERS", [
            "django.contrib.auth.hashers.MD5PasswordHasher"
        ])  # fmt: skip
        yield people_make()
        connections.close_all()
        tables_empty()


@pytest.fixture(scope="module")
def server(
    people: People, static_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The program itself, on this database, with its real settings."""
    log = tmp_path_factory.mktemp("web") / "log"
    with uvicorn_running(log, BERTH_STATIC_ROOT=str(static_root)) as running:
        yield running


@pytest.fixture(scope="module")
def world(people: People) -> World:
    """Everything, committed."""
    return world_make(people)
