"""The import contracts hold, and each of them bites."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("portal", "inventory", "scheduling", "tenants")
# Where a line is planted, what it imports, and a word of the contract that must object.
PLANTED = (
    ("inventory/apps.py", "import scheduling.apps", "Facts flow one way"),
    ("inventory/models/node.py", "import inventory.sync", "Inside a room"),
    ("tenants/apps.py", "import tenants.costs.apps", "Nothing depends on costs"),
    ("scheduling/apps.py", "import inventory.k8s.client", "stays behind the adapter"),
    ("scheduling/urls.py", "import inventory.k8s.writer", "Only services command"),
    ("portal/apps.py", "import kubernetes", "Only the adapter speaks"),
    ("portal/urls.py", "import httpx", "Nothing leaves but"),
    ("scheduling/engine/types.py", "import django.db", "know no framework"),
    ("tenants/services/tree.py", "import portal.ui.tables", "neither HTTP nor HTML"),
    ("portal/middleware.py", "import deploy.setup.paths", "Production code knows"),
)


def contracts_run(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the rooms in a folder."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--no-logo", "--config", ROOT / ".importlinter"],
        cwd=folder,
        env={"PYTHONPATH": f"{folder}:{ROOT}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_is_kept() -> None:
    done = contracts_run(ROOT)

    assert done.returncode == 0, done.stdout


def test_every_contract_objects_to_its_violation(tmp_path: Path) -> None:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("*.pyc"))
    for name, line, _ in PLANTED:
        path = tmp_path / name
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")

    done = contracts_run(tmp_path)

    broken = [line for line in done.stdout.splitlines() if " BROKEN" in line]
    unmoved = [word for _, _, word in PLANTED if not any(word in line for line in broken)]
    assert not unmoved, done.stdout
