"""The gallery served for a session, and a browser to look at it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from portal.ui import units

ROOT = Path(__file__).resolve().parents[3]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(autouse=True)
def _no_app_names_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the kit's tests away from the catalogue of devices, which is another room's."""
    monkeypatch.setattr(units, "_RESOURCE_TITLES", [])


@pytest.fixture(scope="session")
def assets() -> Path:
    """Built assets and compiled translations."""
    if not (ROOT / "static/dist/portal.js").exists():
        subprocess.run(["node", "build.mjs"], cwd=ROOT / "frontend", check=True)
    folder = ROOT / "portal/locale/zh_Hans/LC_MESSAGES"
    subprocess.run(["msgfmt", "-o", folder / "django.mo", folder / "django.po"], check=True)
    return ROOT / "static/dist"


@pytest.fixture(scope="session")
def gallery(assets: Path) -> Iterator[str]:
    """Address of the gallery, in a process of its own with settings of its own."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.portal.ui.settings_gallery",
        "PYTHONPATH": str(ROOT),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.portal.ui.gallery_server"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """An installed Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("Chromium is not installed; the browser tests need it (apt install chromium).")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()
