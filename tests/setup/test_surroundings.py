"""bin/start where something is amiss: each time a sentence that helps, and nothing is lost."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pip
import pytest

from deploy.setup.commands import CommandFailed, run_logged
from deploy.setup.environment import requirements_install
from deploy.setup.errors import SetupError, errors_worded
from deploy.setup.pip_fetch import pip_install
from deploy.setup.ports import port_choose
from deploy.setup.postgres import Postgres
from deploy.setup.secrets_file import env_file_ensure
from tests.setup.start_process import ROOT, environment, wait_until

pytestmark = pytest.mark.timeout(300)
FULL = "The disk is full: free some space and run this again."
UNAME = "#!/bin/sh\necho {system}\n"
NOBODY_LISTENS = "http://127.0.0.1:1/simple"
OLD_PYTHON = """\
#!/bin/sh
if [ "$1" = --version ]; then echo "Python 3.10.12"; exit; fi
exec {python} -c 'import sys; sys.version_info = (3, 10, 12); exec(sys.argv[1])' "$2"
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 128 MB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128m", "none", place]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("A small disk can't be mounted here: that needs root.")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def fill(disk: Path) -> Path:
    """Write a file until nothing more fits."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as sink, suppress(OSError):
        while True:
            sink.write(b"\0" * 4096)
    return ballast


def start(root: Path, state: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run bin/start of a tree until it gives up."""
    return subprocess.run(
        [root / "bin" / "start", "--no-cluster", "--port", str(port_choose())],
        env=environment(state) | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for a PATH with a shell's few tools and no Python."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("dirname", "sh"):
        (folder / name).symlink_to(shutil.which(name) or name)
    program_put(folder, "uname", UNAME.format(system="Linux"))
    return folder


def program_put(tools: Path, name: str, text: str) -> None:
    """Put a program on that PATH."""
    (tools / name).write_text(text)
    (tools / name).chmod(0o755)


def test_another_system_is_named_before_anything_else_fails(tools: Path, tmp_path: Path) -> None:
    program_put(tools, "uname", UNAME.format(system="Darwin"))

    done = start(ROOT, tmp_path / "state", PATH=str(tools))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Berth runs on Linux only, and this is macOS: ")
    assert not (tmp_path / "state").exists()


def test_a_python_that_is_too_old_is_named_with_what_to_do(tools: Path, tmp_path: Path) -> None:
    program_put(tools, "python3", OLD_PYTHON.format(python=sys.executable))

    done = start(ROOT, tmp_path / "state", PATH=str(tools))

    assert done.returncode == 1
    assert "needs Python 3.11 or later; this machine has Python 3.10.12" in done.stderr
    assert "apt-get install python3" in done.stderr
    assert "BERTH_PYTHON=" in done.stderr
    assert not (tmp_path / "state").exists()


def test_no_python_at_all_is_said_too(tools: Path, tmp_path: Path) -> None:
    done = start(ROOT, tmp_path / "state", PATH=str(tools))

    assert (done.returncode, done.stdout) == (1, "")
    assert "this machine has no Python 3 on its PATH" in done.stderr


def test_a_newer_python_beside_the_old_one_is_taken(tools: Path) -> None:
    program_put(tools, "python3", OLD_PYTHON.format(python=sys.executable))
    program_put(tools, "python3.12", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    script = '. deploy/setup/python.sh; echo "$python"'

    done = subprocess.run(
        [tools / "sh", "-c", script, "bin/start"],
        env={"PATH": str(tools)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "python3.12\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone's set-up, whose environment has pip and nothing else yet."""
    folder = tmp_path / "clone"
    for name in ("bin", "deploy"):
        shutil.copytree(ROOT / name, folder / name)
    for path in ROOT.glob("requirements*.txt"):
        shutil.copy(path, folder)
    venv.create(folder / ".venv", symlinks=True)
    (packages,) = (folder / ".venv" / "lib").glob("python3*/site-packages")
    shutil.copytree(Path(pip.__file__).parent, packages / "pip")
    return folder


def test_a_first_start_without_network_says_so_and_remembers_nothing_as_done(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # it must not be this clone's set-up that runs
    lonely = {"PIP_INDEX_URL": NOBODY_LISTENS, "PIP_RETRIES": "1", "NO_PROXY": "127.0.0.1"}
    lonely |= {"PIP_CONFIG_FILE": os.devnull, "PIP_EXTRA_INDEX_URL": ""}

    for _attempt in range(2):
        done = start(clone, tmp_path / "state", **lonely)

        assert done.returncode == 1
        assert "-> Installing" in done.stdout
        assert "!! The package registry can't be reached. Check the network" in done.stdout
        assert "HTTPS_PROXY" in done.stdout
        assert "Traceback" not in done.stdout + done.stderr
        assert not list((clone / ".venv").glob("*.stamp"))


def test_pip_that_can_not_be_fetched_is_said_with_the_package_that_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", NOBODY_LISTENS)

    with pytest.raises(SetupError, match=r"check the network\. Or install .* python3-venv"):
        pip_install()


def test_too_little_space_is_said_before_anything_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.setup.environment.FREE_BYTES_NEEDED", 10**18)
    lock = tmp_path / "requirements-never.txt"
    lock.write_text("never==1\n")

    with pytest.raises(SetupError, match=r"Only \d+ MB are free .* Free some space"):
        requirements_install(lock)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, FULL),
        (errno.EDQUOT, FULL),
        (errno.EACCES, "/etc/x may not be written or read: is the folder yours?"),
        (errno.EROFS, "/etc/x may not be written or read: is the folder yours?"),
    ],
)
def test_what_the_system_refuses_becomes_a_sentence(number: int, sentence: str) -> None:
    with pytest.raises(SetupError) as refused, errors_worded():
        raise OSError(number, os.strerror(number), "/etc/x")

    assert str(refused.value) == sentence


def test_a_program_that_finds_the_disk_full_is_understood(tmp_path: Path) -> None:
    writes = "open('/dev/full', 'wb', 0).write(b'x')"  # a device that answers as a full disk does

    with pytest.raises(CommandFailed) as failed:
        run_logged([sys.executable, "-c", writes], log=tmp_path / "log")

    assert str(failed.value).startswith(FULL)
    assert str(tmp_path / "log") in str(failed.value)


def test_a_fault_of_our_own_is_not_taken_for_one_of_the_network(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed) as failed:
        run_logged([sys.executable, "-c", "import no_such_module"], log=tmp_path / "log")

    assert "ModuleNotFoundError" in str(failed.value)
    assert "registry" not in str(failed.value)


def test_a_start_on_a_full_disk_says_so(disk: Path) -> None:
    (disk / "state").mkdir()
    fill(disk)

    done = start(ROOT, disk / "state")

    assert done.returncode == 1
    assert done.stdout.endswith(f"!! {FULL}\n")
    assert done.stderr == ""


def test_secrets_that_can_not_be_added_to_leave_the_old_ones_as_they_were(disk: Path) -> None:
    path = disk / "env"
    made = env_file_ensure(path, {"OLD": lambda: "kept"})
    fill(disk)

    with pytest.raises(OSError, match="No space left"):
        env_file_ensure(path, {"OLD": lambda: "lost", "NEW": lambda: "x" * 10_000})

    assert env_file_ensure(path, {"OLD": lambda: "lost"}) == made == {"OLD": "kept"}


def test_a_database_survives_a_full_disk(disk: Path) -> None:
    server = Postgres(disk / "postgres")
    server.initialise()
    process = server.start(die_with_parent=True)
    server.sql_script("CREATE TABLE kept AS SELECT 7 AS number;", role="postgres")
    server.stop()
    process.wait()
    ballast = fill(disk)

    with pytest.raises(SetupError) as refused:
        server.start(die_with_parent=True)

    assert str(refused.value).startswith(FULL)
    ballast.unlink()
    process = server.start(die_with_parent=True)
    try:
        assert server.sql("SELECT number FROM kept", role="postgres") == "7"
    finally:
        server.stop()
        process.wait()


def test_a_first_database_that_was_killed_half_made_is_made_again(tmp_path: Path) -> None:
    home = tmp_path / "postgres"
    code = "import sys, pathlib; from deploy.setup.postgres import Postgres\n"
    code += "Postgres(pathlib.Path(sys.argv[1]), throwaway=True).initialise()"
    making = subprocess.Popen([sys.executable, "-c", code, home], cwd=ROOT)
    wait_until(lambda: list(home.rglob("PG_VERSION")), "initdb begins")
    making.kill()
    making.wait()

    server = Postgres(home, throwaway=True)
    server.initialise()
    process = server.start(die_with_parent=True)
    try:
        assert server.sql("SELECT count(*) FROM pg_database", role="postgres") == "3"
    finally:
        server.stop()
        process.wait()
