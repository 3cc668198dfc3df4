"""Parts of pages that keep themselves current move no row under a pointer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
LIVE = re.compile(r'<c-live\s((?:"[^"]*"|[^">])*)>(.*?)</c-live>', re.DOTALL)
INCLUDED = re.compile(r"""\{%\s*include\s+["']([\w./-]+)["'][^%]*%\}""")
ROWS = re.compile(r"<tbody|\{%\s*render_table\b")
# People watch these while a job runs, with the pointer or the focus wherever they left it. Their
# tables lead nowhere, and steps stay in their order.
WATCHED = {"allocation", "job-all", "request"}
FETCHED = {"cluster-nodes"}  # its rows come from an address of its own


def text_of(path: Path) -> str:
    """A template with what it includes of ours."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return INCLUDED.sub(lambda found: text_of(TEMPLATES / found[1]), text)


def live_parts() -> Iterator[tuple[str, str, str]]:
    """Id, attributes and content of every part that keeps itself current."""
    for path in sorted(TEMPLATES.rglob("*.html")):
        if path.parent.name != "components":
            for attributes, content in LIVE.findall(text_of(path)):
                (name,) = re.findall(r'\bid="([^"]+)"', attributes)
                yield name, attributes, content


def test_parts_with_rows_hold_them() -> None:
    with_rows = {
        name: attributes
        for name, attributes, text in live_parts()
        if name in FETCHED or ROWS.search(text)
    }
    moving = {name for name, text in with_rows.items() if not re.search(r"\bhold\b", text)}
    assert moving == WATCHED
    assert len(with_rows) >= 20
