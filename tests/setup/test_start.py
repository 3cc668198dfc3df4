"""bin/start from nothing to pages: what it says, what it starts again, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.setup.postgres import Postgres
from tests.setup.start_process import ROOT, Start, environment, wait_until

pytestmark = [pytest.mark.storm, pytest.mark.timeout(900)]
# Signs of life, and events that are passed on.
RESTLESS = {"portal_heartbeat", "portal_livetopic", "portal_outboxevent", "django_session"}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory for the whole module: databases are made once."""
    return tmp_path_factory.mktemp("start") / "state"


@pytest.fixture(scope="module")
def berth(state: Path) -> Iterator[Start]:
    """One Berth that is ready, for all tests but the last."""
    started = Start(state)
    started.wait_ready()
    yield started
    started.close()


def test_secrets_are_readable_by_the_owner_alone(berth: Start, state: Path) -> None:
    modes = {name: (state / name).stat().st_mode & 0o777 for name in ("env", "accounts.txt")}

    assert set(modes.values()) == {0o600}


def test_each_process_has_no_secret_more_than_it_needs(berth: Start) -> None:
    web = Path(f"/proc/{berth.pid_of('uvicorn')}/environ").read_bytes()
    worker = Path(f"/proc/{berth.pid_of('celery')}/environ").read_bytes()

    assert b"BERTH_SEAL_KEY=" not in web
    assert b"BERTH_SEAL_KEY=" in worker
    assert b"//berth_owner:" not in web + worker


def test_nobody_signs_in_by_a_click_where_clusters_are_not_ours(berth: Start) -> None:
    assert b"BERTH_DEMO=" not in Path(f"/proc/{berth.pid_of('uvicorn')}/environ").read_bytes()


def test_a_second_start_in_the_folder_is_refused_in_words(berth: Start, state: Path) -> None:
    second = subprocess.run(
        [ROOT / "bin" / "start", "--port", "1"],
        env=environment(state),
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 1
    assert f"Berth already runs in this folder (process {berth.process.pid}" in second.stdout
    assert berth.answers()


def test_a_port_that_is_taken_is_named(berth: Start, tmp_path: Path) -> None:
    other = subprocess.run(
        [ROOT / "bin" / "start", "--port", str(berth.port)],
        env=environment(tmp_path / "other"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert other.returncode == 1
    assert f"Port {berth.port} is taken" in other.stdout


@pytest.mark.parametrize("pattern", ["uvicorn", "manage.py sweep", "valkey-server", "postgres -D"])
def test_a_process_that_falls_is_started_again(berth: Start, pattern: str) -> None:
    fallen = berth.pid_of(pattern)

    os.kill(fallen, signal.SIGKILL)

    wait_until(lambda: "starting it again" in berth.said, berth.said)
    wait_until(lambda: fallen not in berth.family(), f"{pattern} is gone")
    wait_until(lambda: any(pattern in word for word in berth.family().values()), pattern)
    wait_until(berth.answers, f"pages after {pattern} fell:\n{berth.said}", seconds=60)


def test_ctrl_c_ends_everything_and_the_data_stays(berth: Start, state: Path) -> None:
    accounts = (state / "accounts.txt").read_text(encoding="utf-8")
    assert "operator " in accounts
    assert berth.answers()

    code = berth.interrupt()

    assert code == 0, berth.said
    assert berth.said.rstrip().endswith("Berth has stopped.")
    assert not berth.family()
    assert (state / "postgres" / "data" / "PG_VERSION").is_file()
    assert (state / "accounts.txt").read_text(encoding="utf-8") == accounts


def test_who_does_not_hear_the_end_of_the_starter_is_ended() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
    left = subprocess.Popen([sys.executable, "-c", deaf], start_new_session=True)
    command = [sys.executable, "-m", "deploy.setup.guardian", "0.5"]

    done = subprocess.run(command, input=f"{left.pid}\n", text=True, cwd=ROOT, timeout=30)

    assert done.returncode == 0
    assert left.wait(timeout=5) == -signal.SIGKILL


def kept(state: Path) -> dict[str, str]:
    """Everything that must not change by itself: each table as one value, and what files say."""
    database = Postgres(state / "postgres")

    def ask(question: str) -> str:
        return database.sql(question, role="postgres", database="berth")

    tables = ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").split()
    assert set(tables) >= RESTLESS
    values = {
        name: ask(f"SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {name} t")
        for name in set(tables) - RESTLESS
    }
    return values | {name: (state / name).read_text() for name in ("env", "accounts.txt")}


def test_a_start_that_is_killed_leaves_nobody_behind_and_loses_nothing(state: Path) -> None:
    berth = Start(state)
    berth.wait_ready()
    assert len(berth.family()) >= 6
    command = [ROOT / "bin" / "manage", "createoperator", "keeper"]
    subprocess.run(command, env=environment(state), check=True, capture_output=True)
    before = kept(state)

    berth.process.kill()
    berth.process.wait()

    # A worker has 30 s of its own before the guardian insists.
    wait_until(lambda: not berth.family(), "somebody outlived it", seconds=90)
    berth.close()
    again = Start(state)
    try:
        again.wait_ready()
        assert kept(state) == before
    finally:
        again.close()
