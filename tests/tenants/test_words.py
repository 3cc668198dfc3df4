"""What an act changed, in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils import translation

from portal.ui import units
from tenants.words import change_words

Facts = dict[str, Any]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {"user": "dana", "role": "member"}, "dana, Member"),
        (
            {"user": "dana", "role": "member"},
            {"user": "dana", "role": "owner"},
            "dana, Member → Owner",
        ),
        ({"user": "dana", "role": "viewer"}, {}, "dana, Viewer"),
        ({}, {"name": "nightly", "scopes": ["read"]}, "nightly"),
        ({"state": "draft"}, {"state": "submitted"}, ""),
        ({"archived": False, "path": "a/b"}, {"archived": True, "path": "a/b"}, ""),
        ({"title": "A", "kind": "project"}, {"title": "B", "kind": "project"}, "Title A → B"),
        ({"kind": "project"}, {"kind": "department"}, "Kind Project → Department"),
        (
            {"pool": "h100", "resource": "cpu", "guaranteed": 0},
            {"pool": "h100", "resource": "cpu", "guaranteed": 96_000},
            "h100, CPU 0 → 96 cores",
        ),
        (
            {"pool": "cpu", "resource": "memory", "guaranteed": 0},
            {"pool": "cpu", "resource": "memory", "guaranteed": 2**30},
            "cpu, Memory 0 → 1 GiB",
        ),
        (
            {"until": "None"},
            {"until": "2026-12-01 08:30:00+00:00"},
            "Until no end → Tue 1 Dec, 08:30 UTC",
        ),
    ],
)
def test_a_change_is_told_in_words(before: Facts, after: Facts, words: str) -> None:
    assert change_words(before, after) == words


def test_a_device_is_named_once_and_stands_apart_from_its_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(units, "_RESOURCE_TITLES", [{"l40s": "L40S 48 GB"}.get])
    before, after = ({"pool": "l40s", "resource": "l40s", "guaranteed": n} for n in (0, 43))
    assert change_words(before, after) == "l40s, L40S 48 GB 0 → 43"


def test_rules_for_passwords_address_people_as_all_else_does() -> None:
    with translation.override("zh-hans"):
        said = password_validators_help_texts()
    assert [text for text in said if text.startswith("您的密码")] == said
