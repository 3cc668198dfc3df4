"""A value of the environment that can't be used is refused in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from deploy.setup import start_environment
from deploy.setup.errors import SetupError
from deploy.setup.start_environment import environments_build
from portal.settings.env import Env, env_read

ROOT = Path(__file__).resolve().parents[2]
NEEDED = {
    "BERTH_SECRET_KEY": "s" * 50,
    "BERTH_TOKEN_PEPPER": "p",
    "DATABASE_URL": "postgresql://app@db/berth",
    "DATABASE_OWNER_URL": "postgresql://owner@db/berth",
}


def read(**variables: str) -> Env:
    return env_read(NEEDED | variables)


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "9999", ""])
def test_a_number_of_proxies_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="BERTH_TRUSTED_PROXIES must be a whole number"):
        read(BERTH_TRUSTED_PROXIES=text)


def test_a_number_of_proxies_is_read() -> None:
    assert (read().trusted_proxies, read(BERTH_TRUSTED_PROXIES="2").trusted_proxies) == (0, 2)


def test_a_seal_key_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with pytest.raises(ImproperlyConfigured, match=f"{path} .* can't be read: No such file"):
        read(BERTH_SEAL_KEY_FILE=str(path))
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ImproperlyConfigured, match="it is no text"):
        read(BERTH_SEAL_KEY_FILE=str(path))
    path.write_text("short")
    with pytest.raises(ImproperlyConfigured, match="32 random bytes"):
        read(BERTH_SEAL_KEY_FILE=str(path))


@pytest.mark.parametrize("text", ["login.example", "ftp://login.example", "https://"])
def test_an_address_of_a_provider_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="BERTH_OIDC_SERVER_URL must be an address"):
        read(BERTH_OIDC_SERVER_URL=text)


def test_a_command_says_what_is_wrong_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=os.environ | {"BERTH_TRUSTED_PROXIES": "x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        1,
        "BERTH_TRUSTED_PROXIES must be a whole number from 0 to 999.\n",
    )


def test_bin_start_says_it_in_the_same_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(start_environment, "STATE", tmp_path)
    addresses = {name: os.environ[name] for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    found = environments_build(addresses=addresses, port=1)
    assert "BERTH_SEAL_KEY" in found.work
    assert found.web["BERTH_SEAL_PUBLIC_KEY"]
    monkeypatch.setenv("BERTH_TRUSTED_PROXIES", "x")
    with pytest.raises(SetupError, match="BERTH_TRUSTED_PROXIES must be a whole number"):
        environments_build(addresses=addresses, port=1)
