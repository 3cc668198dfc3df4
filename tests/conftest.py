"""What every test may use: the database of this run, scopes, and the people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django.plugin import DjangoDbBlocker

from inventory import titles
from portal.scope import scope
from portal.viewer import Viewer
from tests.browser.fixtures import assets, browser, browser_last, static_root
from tests.database import database_make, tables_empty
from tests.people import people, people_committed

__all__ = ["assets", "browser", "people", "people_committed", "static_root"]


# How long an example takes says how busy the machine is, and nothing about what is tested.
hypothesis_settings.register_profile(
    "berth", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("berth")


def pytest_configure() -> None:
    """Let pages name static files that nobody has collected: tests look at the sources."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests."""
    browser_last(items)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Make the database of this process; tests meet it as the role of the running program."""
    with django_db_blocker.unblock():
        database_make()


@pytest.fixture(scope="session", autouse=True)
def _flush_as_owner() -> Iterator[None]:
    """Let the owner empty the tables after a test that commits: the program's role may not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: tables_empty())
        yield


@pytest.fixture(autouse=True)
def _limits_forget() -> None:
    """Let no test run into limits on signing in that another has used up."""
    cache.clear()


@pytest.fixture(autouse=True)
def _titles_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read titles of device types once in each test: not another's, and not again after a while."""
    monkeypatch.setattr(titles, "KEPT_SECONDS", 1e9)
    titles.titles_forget()


@pytest.fixture
def as_viewer(db: None) -> Callable[[Viewer], AbstractContextManager[Viewer]]:
    """`with as_viewer(viewer):` sees what that viewer may see, in a transaction of its own."""
    return scope


@pytest.fixture
def system_scope(db: None) -> Iterator[Viewer]:
    """The whole test sees everything, as Berth itself does."""
    with scope(Viewer.system("tests")) as viewer:
        yield viewer
