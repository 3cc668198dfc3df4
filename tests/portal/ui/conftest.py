"""The gallery served for a session."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.ui import units

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _no_app_names_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the kit's tests away from the catalogue of devices, which is another room's."""
    monkeypatch.setattr(units, "_RESOURCE_TITLES", [])


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
