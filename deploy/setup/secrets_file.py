"""Secrets and ports that are made once and kept in the state directory, readable by us alone."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path


def secret_key_make() -> str:
    """Return 50 or more characters for Django's signatures."""
    return secrets.token_urlsafe(50)


def seal_key_make() -> str:
    """Return 32 random bytes in base64: the key that seals cluster credentials."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def password_make() -> str:
    """Return a password that needs no quoting in a URL."""
    return secrets.token_hex(16)


def env_file_ensure(path: Path, makers: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """Read NAME=value lines; make and add what is missing. Return all of them."""
    values = env_file_read(path)
    missing = {name: maker() for name, maker in makers.items() if name not in values}
    if missing:
        values |= missing
        env_file_write(path, values)
    return values


def env_file_read(path: Path) -> dict[str, str]:
    """Read NAME=value lines; a file that isn't there has none."""
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


def env_file_write(path: Path, values: Mapping[str, str]) -> None:
    """Write NAME=value lines in one move, readable by the owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as sink:
        sink.writelines(f"{name}={value}\n" for name, value in values.items())
    draft.replace(path)
