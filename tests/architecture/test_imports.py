"""The import contracts hold, and each of them bites."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.utils import canonicalize_name

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


def test_what_runs_imports_only_what_bin_start_installs() -> None:
    """Packages of the checks and tests are on every machine of ours, and on no other."""
    locked = {
        canonicalize_name(line.partition("==")[0])
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if "==" in line and not line.startswith((" ", "#"))
    }
    providers = packages_distributions()
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for room in (*ROOMS, "simulator")
        for path in (ROOT / room).rglob("*.py")
        for name in imported(ast.parse(path.read_text()))
        if name in providers
        and not locked & {canonicalize_name(provider) for provider in providers[name]}
    }
    assert missing == set()
    assert len(locked) > 50


def imported(tree: ast.AST) -> set[str]:
    """First names of what a module imports when it runs, at its top or within functions."""
    names: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
        else:
            names |= imported(node)
    return names
