"""`-p tests.left_out`: leaves the tests marked `long` out and notes their names.

bin/test counts them: what was not run is said. Run last, this sees exactly the tests that the
run would have had otherwise, after -k, -m and the paths.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

NOTE = "BERTH_TEST_LEFT_OUT"  # names the file, one test a line; with workers each writes them all


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the long tests away from those that were chosen."""
    left = [item for item in items if item.get_closest_marker("long")]
    if not left:
        return
    items[:] = [item for item in items if not item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=left)
    with Path(os.environ[NOTE]).open("a", encoding="utf-8") as note:
        note.writelines(f"{item.nodeid}\n" for item in left)
