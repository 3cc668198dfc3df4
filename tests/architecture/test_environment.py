"""The program reads the environment in one file, so that its page can name every variable."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("portal", "inventory", "scheduling", "tenants")
READER = "portal/settings/env.py"
READS = {"environ", "environb", "getenv", "getenvb"}


def environment_reads(tree: ast.Module) -> Iterator[int]:
    """Lines that look at the environment; telling Django where its settings are is none."""
    nodes = list(ast.walk(tree))
    told = {id(node.func.value) for node in nodes if _tells_settings(node)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr in READS and id(node) not in told:
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and READS & {name.name for name in node.names}:
            yield node.lineno


def _tells_settings(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "setdefault"
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == "DJANGO_SETTINGS_MODULE"
    )


def test_nobody_else_reads_the_environment() -> None:
    found = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if any(environment_reads(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert found == {READER}


def test_every_variable_is_explained() -> None:
    names = set(re.findall(r'"([A-Z]+_[A-Z_]+)"', (ROOT / READER).read_text(encoding="utf-8")))
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert "BERTH_SEAL_KEY_FILE" in names
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_no_variable_is_explained_twice() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[A-Z_`, ]+) \|", page, re.M)
    assert "`BERTH_DEMO`" in rows
    assert sorted(rows) == sorted(set(rows))
