"""Words in a row, in both languages."""

from __future__ import annotations

import pytest
from django.utils import translation

from portal.joins import colon_join, comma_join, list_join, values_joined


@pytest.mark.parametrize(
    ("language", "things", "parts"), [("en", "a, 1", "x, y"), ("zh-hans", "a、1", "x，y")]
)
def test_words_are_joined_as_the_language_does_it(language: str, things: str, parts: str) -> None:
    with translation.override(language):
        assert list_join(["a", 1]) == things
        assert comma_join(["x", "y"]) == parts


@pytest.mark.parametrize(("language", "words"), [("en", "a: b, c"), ("zh-hans", "a：b、c")])
def test_what_is_said_of_a_thing_and_kept_lists_are_joined(language: str, words: str) -> None:
    with translation.override(language):
        values = values_joined({"what": ["b", "c"], "name": "a"})
        assert colon_join(values["name"], values["what"]) == words
