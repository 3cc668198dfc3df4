"""What a list of pods says of each."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.models import Pod
from inventory.words import pod_status


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"phase": "Running", "ready": True}, ("ok", "Running")),
        ({"phase": "Running"}, ("wait", "Running, not ready")),
        ({"phase": "Running", "reason": "CrashLoopBackOff"}, ("warn", "CrashLoopBackOff")),
        ({"phase": "Pending"}, ("wait", "Pending")),
        ({"phase": "Succeeded"}, ("ok", "Succeeded")),
        ({"phase": "Failed"}, ("danger", "Failed")),
        ({}, ("wait", "not reported")),
    ],
)
def test_a_pods_mark_and_word_say_the_same(facts: dict[str, Any], shown: tuple[str, str]) -> None:
    assert pod_status(Pod(**facts)) == shown
