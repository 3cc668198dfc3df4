"""What a page says itself, and what a list in it looks like."""

from __future__ import annotations

import re

INNER = re.compile(r'<div id="main".*?(?=<keys-help)', re.DOTALL)
ROWS = re.compile(
    r'<tbody|\bdata-rows\b|<form\b[^>]*\brole="search"'
    r'|class="b-(?:pager|hits|pick|acts|activity|quota-log)\b'
)


def inner_of(body: str) -> str:
    """The page itself, without what the shell has around it; a fragment is nothing else."""
    found = INNER.search(body)
    return found[0] if found else body


def shows_rows(body: str) -> bool:
    """Whether rows of something stand there, or may be looked for there."""
    return bool(ROWS.search(inner_of(body)))
