"""Locked versions: none below one with a known hole, the same in both locks, all with hashes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-node.txt",
    "deploy/setup/pip.txt",
)
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==([^\s;\\]+)", re.IGNORECASE | re.M)

# The oldest version without a known hole (or known fault) that would matter here, and which.
MINIMUM = {
    "django": "5.2.19",  # SQL injection by crafted keywords (CVE-2025-64459, 2026-1287, -1312)
    "djangorestframework": "3.18.3",  # GHSA-33wh-fxxf-88vv, -3547-9m27-7rxg, -xw6w-gcfp-cf8m
    "django-allauth": "65.21.1",  # rate limits and addresses behind proxies
    "channels-redis": "4.3.0",  # with redis-py 8 only this one takes socket_timeout None
    "celery": "5.7.0",  # locked fixes of the worker; kombu goes with it
    "kombu": "5.7.0",
    "urllib3": "2.8.0",  # CVE-2026-21441
    "kubernetes": "37.0.1",  # 36.0.0 sent requests without credentials
}
REFUSED = {"kubernetes": {"36.0.0", "37.0.2"}}  # the second conflicts with Celery 5.7.0


def pins_read(name: str) -> dict[str, str]:
    """Return the versions that a lock file pins, by package."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return {package.lower(): version for package, version in PINNED.findall(text)}


def as_numbers(version: str) -> tuple[int, ...]:
    """Make "5.2.19" comparable."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


@pytest.mark.parametrize(("package", "minimum"), MINIMUM.items())
def test_pin_is_not_below_the_oldest_good_version(package: str, minimum: str) -> None:
    version = pins_read("requirements.txt")[package]

    assert as_numbers(version) >= as_numbers(minimum)
    assert version not in REFUSED.get(package, set())


def test_optional_packages_are_absent_or_new_enough() -> None:
    pins = pins_read("requirements.txt")

    assert as_numbers(pins.get("oauthlib", "4.0.1")) >= (4, 0, 1)  # GHSA-hj66-6f7g-4r5v
    assert as_numbers(pins.get("daphne", "4.2.2")) >= (4, 2, 2)  # CVE-2026-44545, -44546


def test_both_locks_pin_the_same_versions() -> None:
    run, dev = pins_read("requirements.txt"), pins_read("requirements-dev.txt")

    assert run.items() <= dev.items()


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text)
    bare = [block for block in blocks if PINNED.match(block) and "--hash=sha256:" not in block]

    assert pins_read(name)
    assert not bare


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in"])
def test_every_dependency_has_its_reason(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    asked = [line for line in lines if line and not line.startswith(("#", "-r"))]
    silent = [line for line in asked if not re.search(r"\s#\s\S", line)]

    assert not silent
