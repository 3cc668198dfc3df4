"""The one Chromium of a test session, and the built assets that pages name.

Playwright's synchronous API keeps an event loop running in the main thread from its first use to
the end of the session. Django refuses the database there, and so does asgiref's `async_to_sync`.
Hence browser tests run after all others (`browser_last`), and Django is told that this loop is
no concern of its own for as long as the browser is open.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from deploy.setup.assets import assets_ensure, messages_compile, static_collect
from deploy.setup.check_environment import check_environment
from deploy.setup.paths import BUNDLES
from deploy.setup.suite import STATIC
from deploy.setup.tools import BROWSERS

PATIENT = 20_000  # ms that a page may take on a busy machine
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def browser_last(items: list[pytest.Item]) -> None:
    """Move tests with the marker `browser` to the end; otherwise the order stays."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def assets() -> Path:
    """Built assets and compiled translations, by the steps of bin/start."""
    assets_ensure()
    messages_compile()
    return BUNDLES


@pytest.fixture(scope="session")
def static_root(assets: Path) -> Path:
    """Static files as `bin/start` serves them: gathered, with hashes in their names."""
    assert assets.is_dir()
    static_collect(check_environment() | {"BERTH_STATIC_ROOT": str(STATIC)}, STATIC)
    return STATIC


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """An installed Chromium, with which tests may also use the database."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail("Chromium is not installed; the browser tests need it (apt install chromium).")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        clock = os.environ | {"TZ": "UTC"}  # first pages are made in it, so none is loaded twice
        found = playwright.chromium.launch(executable_path=path, args=FLAGS, env=clock)
        expect.set_options(timeout=PATIENT)
        yield found
        expect.set_options(timeout=None)
        found.close()
