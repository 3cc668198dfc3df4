"""A filter in force is named as people know it, not by its code."""

from __future__ import annotations

import django_filters
import pytest
from django.http import QueryDict

from portal.models import AuditEntry
from portal.ui.filters import BerthFilterSet

STATES = [("in_review", "In review"), ("draft", "Draft")]


class WordsFilter(BerthFilterSet):
    """One of each kind that a list uses."""

    state = django_filters.MultipleChoiceFilter(choices=STATES, label="State")
    stage = django_filters.ChoiceFilter(choices=STATES, label="Stage")
    open = django_filters.BooleanFilter(label="Open")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("state=in_review&state=draft", [("State", "In review, Draft")]),
        ("stage=draft", [("Stage", "Draft")]),
        ("open=true", [("Open", "yes")]),
        ("open=false", [("Open", "no")]),
    ],
)
def test_a_chip_says_words(query: str, words: list[tuple[str, str]]) -> None:
    chips = WordsFilter(QueryDict(query), AuditEntry.objects.none()).chips
    assert [(chip.label, chip.value) for chip in chips] == words
