"""How the set-up speaks to PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.setup.postgres import password_apart
from deploy.setup.test_servers import POSTGRES


def test_a_password_is_in_no_argument_of_a_process(tmp_path: Path) -> None:
    """The shell that psql starts looks at what psql was called with."""
    called, told = tmp_path / "called", rf"\! cat /proc/$PPID/cmdline >> {tmp_path / 'called'}"
    POSTGRES.sql(told, role="postgres")
    POSTGRES.sql_script(told, role="postgres")
    words = called.read_text()
    assert words.count("/psql") == 2
    assert POSTGRES.secrets["POSTGRES"] not in words


@pytest.mark.parametrize(
    ("url", "address", "password"),
    [
        ("postgresql://u:p%40@h:1/d", "postgresql://u@h:1/d", "p@"),
        ("postgres://u@h/d?a=b&password=p%20q", "postgres://u@h/d?a=b", "p q"),
        ("postgresql://h/d?sslmode=require", "postgresql://h/d?sslmode=require", None),
    ],
)
def test_a_password_is_taken_out_of_an_address(
    url: str, address: str, password: str | None
) -> None:
    assert password_apart(url) == (address, {"PGPASSWORD": password} if password else {})
