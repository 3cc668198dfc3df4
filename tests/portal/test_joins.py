"""Words in a row, in both languages."""

from __future__ import annotations

import pytest
from django.utils import translation

from portal.joins import comma_join, list_join


@pytest.mark.parametrize(
    ("language", "things", "parts"), [("en", "a, 1", "x, y"), ("zh-hans", "a、1", "x，y")]
)
def test_words_are_joined_as_the_language_does_it(language: str, things: str, parts: str) -> None:
    with translation.override(language):
        assert list_join(["a", 1]) == things
        assert comma_join(["x", "y"]) == parts
