"""The shape of tokens and the arithmetic of their secrets."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from tenants.tokens import (
    TokenText,
    digest_make,
    digest_matches,
    peppers_parse,
    token_text_new,
    token_text_parse,
)


def test_new_token_is_read_back() -> None:
    made = token_text_new()
    assert token_text_parse(str(made)) == made
    assert (len(made.public_id), len(made.secret)) == (12, 40)


def test_new_tokens_differ() -> None:
    made = {str(token_text_new()) for _ in range(100)}
    assert len(made) == 100


def test_secret_is_not_in_the_representation() -> None:
    made = token_text_new()
    assert made.secret not in repr(made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "berth_",
        "berth_short_secret",
        f"other_{'a' * 12}_{'b' * 40}",
        f"berth_{'a' * 12}_{'b' * 41}",
        f"berth_{'a' * 12}_{'b' * 39}!",
        f"berth_{'a' * 12}_{'b' * 40}\n",
        f"berth_{'ä' * 12}_{'b' * 40}",
        "berth_" + "a" * 1_000_000,
    ],
)
def test_anything_else_is_no_token(text: str) -> None:
    assert token_text_parse(text) is None


def test_digest_needs_secret_and_pepper() -> None:
    digest = digest_make("secret", "pepper")
    assert len(digest) == 32
    assert digest_matches("secret", "pepper", digest)
    assert not digest_matches("Secret", "pepper", digest)
    assert not digest_matches("secret", "other", digest)


def test_unknown_pepper_matches_nothing() -> None:
    digest = digest_make("secret", "no such pepper")
    assert not digest_matches("secret", None, digest)


def test_one_pepper_has_number_one() -> None:
    assert peppers_parse("only-one=") == {1: "only-one="}


def test_peppers_are_numbered() -> None:
    assert peppers_parse("1:old, 2:new") == {1: "old", 2: "new"}


@pytest.mark.parametrize("setting", ["1:old,1:new", "one:old", "1:", ":x"])
def test_wrong_peppers_stop_the_start(setting: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="BERTH_TOKEN_PEPPER"):
        peppers_parse(setting)


def test_token_text_is_written_with_prefix() -> None:
    assert str(TokenText("a" * 12, "b" * 40)) == f"berth_{'a' * 12}_{'b' * 40}"
