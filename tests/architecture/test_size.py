"""Files stay small enough to be read in one go; the budget is the design's."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("portal", "inventory", "scheduling", "tenants")
FOLDERS = (*ROOMS, "deploy", "tests", "benchmarks", "templates", "frontend/src", "frontend/build")
SUFFIXES = {".py", ".html", ".js", ".mjs", ".scss"}
LINES_AT_MOST = 500
MEDIAN_AT_MOST = 90
FUNCTION_LINES_AT_MOST = 60  # forty is the aim


def sources(*folders: str) -> Iterator[tuple[Path, list[str]]]:
    """Yield every source file that a person writes, with its lines."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            written = path.suffix in SUFFIXES and "migrations" not in path.parts
            if written and "artifacts" not in path.parts and path.is_file():
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8").splitlines()


def test_no_file_is_longer_than_the_limit() -> None:
    long = {
        str(path): len(lines) for path, lines in sources(*FOLDERS) if len(lines) > LINES_AT_MOST
    }

    assert not long, f"Above {LINES_AT_MOST} lines; move a wall: {long}"


def test_half_of_the_files_are_short() -> None:
    sizes = [len(lines) for path, lines in sources(*ROOMS) if lines and path.suffix == ".py"]

    assert statistics.median(sizes) <= MEDIAN_AT_MOST


def test_no_function_is_longer_than_the_limit() -> None:
    long = {
        f"{path}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path, lines in sources(*ROOMS, "deploy")
        if path.suffix == ".py"
        for node in ast.walk(ast.parse("\n".join(lines)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= FUNCTION_LINES_AT_MOST
    }

    assert not long, f"Above {FUNCTION_LINES_AT_MOST} lines: {long}"
