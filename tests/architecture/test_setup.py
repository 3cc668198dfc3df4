"""Set-up runs before anything is installed: it may import nothing but the standard library."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "deploy" / "setup"
# These run inside the project's environment, as programs of their own.
INSIDE = {"bed_keeper", "messages", "node_silencer"}
MODULES = sorted(path.stem for path in SETUP.glob("*.py") if path.stem not in INSIDE)


@pytest.mark.parametrize("name", MODULES)
def test_module_imports_the_standard_library_alone(name: str) -> None:
    tree = ast.parse((SETUP / f"{name}.py").read_text(encoding="utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}

    foreign = {
        module
        for module in imported
        if module.split(".")[0] not in sys.stdlib_module_names
        and not module.startswith("deploy.setup")
    }
    inside = {module for module in imported if module.removeprefix("deploy.setup.") in INSIDE}

    assert not foreign
    assert not inside
