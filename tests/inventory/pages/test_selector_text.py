"""Conditions and tolerations as text: what is written is read back, nonsense is refused."""

from __future__ import annotations

import pytest

from inventory.inputs import selector_check, tolerations_check
from inventory.selector_text import (
    TextRefused,
    selector_format,
    selector_parse,
    tolerations_format,
    tolerations_parse,
)
from portal.errors import FieldErrors


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("zone in (a, b)", {"key": "zone", "operator": "In", "values": ["a", "b"]}),
        ("zone  notin (a)", {"key": "zone", "operator": "NotIn", "values": ["a"]}),
        ("gpu=h100", {"key": "gpu", "operator": "In", "values": ["h100"]}),
        ("gpu == h100", {"key": "gpu", "operator": "In", "values": ["h100"]}),
        ("gpu!=h100", {"key": "gpu", "operator": "NotIn", "values": ["h100"]}),
        ("nvidia.com/gpu", {"key": "nvidia.com/gpu", "operator": "Exists"}),
        ("! spot", {"key": "spot", "operator": "DoesNotExist"}),
        ("gpu=", {"key": "gpu", "operator": "In", "values": [""]}),
    ],
)
def test_condition_is_read_and_written_back(text: str, term: dict[str, object]) -> None:
    assert selector_parse(f"\n# a remark\n{text}\n") == [term]
    assert selector_parse(selector_format([term])) == [term]
    errors = FieldErrors()
    selector_check(errors, "selector", [term])
    assert errors.fields == {}


@pytest.mark.parametrize("text", ["zone in a, b", "a b", "zone in (a", "=", "!", "a=b=c", "(a)"])
def test_nonsense_is_no_condition(text: str) -> None:
    with pytest.raises(TextRefused):
        selector_parse(text)


def test_lines_are_bounded() -> None:
    with pytest.raises(TextRefused):
        selector_parse("a\n" * 1000)


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("gpu", {"key": "gpu", "operator": "Exists"}),
        ("gpu:NoExecute", {"key": "gpu", "operator": "Exists", "effect": "NoExecute"}),
        ("gpu=a:NoSchedule", {"key": "gpu", "operator": "Equal", "value": "a"}),
    ],
)
def test_toleration_is_read_and_written_back(text: str, item: dict[str, str]) -> None:
    found = tolerations_parse(text)
    assert item.items() <= found[0].items()
    assert tolerations_parse(tolerations_format(found)) == found
    errors = FieldErrors()
    tolerations_check(errors, "tolerations", found)
    assert errors.fields == {}


@pytest.mark.parametrize("text", [":NoSchedule", "=a", "a b:NoSchedule"])
def test_nonsense_is_no_toleration(text: str) -> None:
    with pytest.raises(TextRefused):
        tolerations_parse(text)
