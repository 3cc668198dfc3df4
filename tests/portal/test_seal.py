"""Sealing: who may close, who may open, and what opens nothing."""

from __future__ import annotations

import base64

import pytest
from pytest_django import Settings

from portal.seal import SealBroken, SealUnavailable, can_unseal, public_key_derive, seal, unseal

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))


@pytest.fixture
def worker(settings: Settings) -> Settings:
    """A process that holds the key."""
    settings.SEAL_KEY, settings.SEAL_PUBLIC_KEY = KEY, ""
    return settings


def test_what_was_sealed_opens_in_its_place(worker: Settings) -> None:
    assert unseal(seal(b"secret", "row 1"), "row 1") == b"secret"
    assert can_unseal()


def test_a_box_moved_to_another_row_stays_shut(worker: Settings) -> None:
    with pytest.raises(SealBroken):
        unseal(seal(b"secret", "row 1"), "row 2")


def test_the_same_secret_never_looks_the_same(worker: Settings) -> None:
    assert seal(b"secret", "row 1") != seal(b"secret", "row 1")


@pytest.mark.parametrize("at", [0, 1, 9, 41, 53, -1])
def test_a_changed_box_stays_shut(worker: Settings, at: int) -> None:
    box = bytearray(seal(b"secret", "row 1"))
    box[at] ^= 1
    with pytest.raises(SealBroken):
        unseal(bytes(box), "row 1")


@pytest.mark.parametrize("box", [b"", b"\x01", b"x" * 200])
def test_nonsense_is_no_box(worker: Settings, box: bytes) -> None:
    with pytest.raises(SealBroken):
        unseal(box, "row 1")


def test_a_web_process_seals_and_can_not_open(settings: Settings) -> None:
    settings.SEAL_KEY, settings.SEAL_PUBLIC_KEY = None, public_key_derive(KEY)
    box = seal(b"secret", "row 1")
    assert b"secret" not in box
    assert not can_unseal()
    with pytest.raises(SealUnavailable):
        unseal(box, "row 1")
    settings.SEAL_KEY = KEY
    assert unseal(box, "row 1") == b"secret"


def test_another_key_says_so(settings: Settings) -> None:
    settings.SEAL_KEY = KEY
    box = seal(b"secret", "row 1")
    settings.SEAL_KEY = OTHER
    with pytest.raises(SealBroken, match="another key"):
        unseal(box, "row 1")


@pytest.mark.parametrize("public", ["", "nonsense", base64.b64encode(b"short").decode()])
def test_without_a_usable_key_nothing_is_sealed(settings: Settings, public: str) -> None:
    settings.SEAL_KEY, settings.SEAL_PUBLIC_KEY = None, public
    with pytest.raises(SealUnavailable):
        seal(b"secret", "row 1")
