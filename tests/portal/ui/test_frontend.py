"""The browser's side: its own unit tests, and that pages name only icons that are built."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from deploy.setup.node import node_path

ROOT = Path(__file__).resolve().parents[3]
FRONTEND = ROOT / "frontend"
ROOMS = ("templates", "portal", "inventory", "scheduling", "tenants")
ICON = re.compile(r"""(?:\{%\s*icon\s+|\bicon(?:_html)?\s*[=(]\s*)["']([a-z0-9-]+)["']""")


def icons_named() -> dict[str, Path]:
    """Every icon that a template or a Python file names, and one file that does."""
    found: dict[str, Path] = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.suffix in {".html", ".py"}:
                text = path.read_text(encoding="utf-8")
                found |= dict.fromkeys(ICON.findall(text), path.relative_to(ROOT))
    return found


def test_every_icon_named_is_in_the_sprite() -> None:
    built = set((FRONTEND / "icons.txt").read_text(encoding="utf-8").split())
    missing = {name: path for name, path in icons_named().items() if name not in built}
    assert missing == {}, "add them to frontend/icons.txt"


def test_modules_do_what_their_tests_say() -> None:
    done = subprocess.run(
        # Node's later versions take no directory, and write another report into a pipe.
        ["node", "--test", "--test-reporter=tap", *sorted((FRONTEND / "tests").glob("*.test.js"))],
        cwd=FRONTEND,
        env=os.environ | {"PATH": node_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) >= 12
