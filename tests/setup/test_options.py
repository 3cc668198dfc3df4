"""What bin/start is asked for, and what it refuses before it does anything."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from deploy.setup.errors import SetupError
from deploy.setup.ports import port_is_free
from deploy.setup.start_clusters import click_allowed
from deploy.setup.start_options import BED, DEMO, NONE, OWN, options_parse


@pytest.mark.parametrize(
    ("clusters", "allowed"), [(DEMO, True), (BED, True), (OWN, False), (NONE, False)]
)
def test_who_needs_no_password_is_on_clusters_of_ours(
    clusters: str, allowed: bool, tmp_path: Path
) -> None:
    assert click_allowed(clusters, tmp_path / "stamps") is allowed
    assert not click_allowed(clusters, None)


@pytest.mark.parametrize("clusters", [OWN, NONE])
def test_a_database_for_real_clusters_asks_for_passwords_from_then_on(
    clusters: str, tmp_path: Path
) -> None:
    assert click_allowed(DEMO, tmp_path)
    assert not click_allowed(clusters, tmp_path)
    assert not click_allowed(DEMO, tmp_path)


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL"])
def test_keys_are_not_thrown_away_where_the_database_is_somebody_elses(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for given in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        monkeypatch.delenv(given, raising=False)
    assert options_parse(["--fresh"]).fresh

    monkeypatch.setenv(name, "postgresql://berth_app@db.example/berth")

    assert not options_parse([]).fresh
    with pytest.raises(SetupError, match=r"could never be opened again\. .* empty database"):
        options_parse(["--fresh"])


def test_a_port_for_root_is_not_called_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_socket: socket.socket, _address: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(socket.socket, "bind", refuse)

    with pytest.raises(SetupError, match=r"^Port 80 needs rights .* bin/start --port 8000$"):
        port_is_free(80)
