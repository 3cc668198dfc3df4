"""bin/test says what it left out."""

from __future__ import annotations

import pytest

from deploy.setup.suite import Suite
from deploy.setup.tools import NOT_ROOT, tools_missing

LONG = "tests/inventory/test_scale.py"
SHORT = "tests/architecture/test_setup.py"
LEFT_OUT = "tests marked long: bin/test --long runs them too"


def test_long_tests_that_were_left_out_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    suite = Suite(long=False)

    assert suite.tests_run(["--collect-only", "-q", LONG, SHORT]) == 0

    assert {name.split("::")[0] for name in suite.long_left_out} == {LONG}
    suite.summary()
    assert f"{len(suite.long_left_out)}  {LEFT_OUT}" in capsys.readouterr().out


def test_where_nothing_was_left_out_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Suite(long=False).summary()

    assert LEFT_OUT not in capsys.readouterr().out


def test_long_tests_run_where_they_are_wanted(capfd: pytest.CaptureFixture[str]) -> None:
    suite = Suite(long=True)

    assert suite.tests_run(["--collect-only", "-q", LONG]) == 0

    assert f"{LONG}::" in capfd.readouterr().out
    assert not suite.long_left_out


@pytest.mark.parametrize(("user", "said"), [(0, False), (1000, True)])
def test_tests_that_only_root_can_run_are_named(
    user: int, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)

    assert (NOT_ROOT in {tool.remedy for tool in tools_missing()}) is said
