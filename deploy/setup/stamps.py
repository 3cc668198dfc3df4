"""Stamps: a step that was done for the same content isn't done again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(paths: Iterable[Path], *words: str) -> str:
    """Hash the names and contents of files, and some words, into one short value."""
    total = hashlib.sha256()
    for word in words:
        total.update(word.encode() + b"\0")
    for path in sorted(paths):
        total.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:32]


def stamp_matches(stamp: Path, value: str) -> bool:
    """Say whether a step was last done for this value."""
    return stamp.is_file() and stamp.read_text(encoding="ascii") == value


def stamp_write(stamp: Path, value: str) -> None:
    """Remember that a step was done for this value."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value, encoding="ascii")
