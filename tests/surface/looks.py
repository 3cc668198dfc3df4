"""Looking at answers: whose words stand in them, and whether two say the same."""

from __future__ import annotations

import re
from typing import Any

from tests.surface.stage import Answer
from tests.surface.world.marks import ALPHA, BORDER, BRAVO, ORDER, UPPER, text_of
from tests.surface.world.people import SEES_ALL

OWN_OF = {"other": {BRAVO}, "other_member": {BRAVO}, "other_token": {BRAVO}}
# What differs between any two answers of the same page.
PASSING = re.compile(
    r'name="csrfmiddlewaretoken" value="\w+"|csrftoken=\w+|X-CSRFToken&quot;: &quot;\w+'
    r'|"X-CSRFToken": "\w+"|nonce-[\w=/+-]+|nonce="[^"]+"'
    r"|\b[0-9a-f]{32}\b|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?",
    re.IGNORECASE,
)
PASSING_HEADERS = (
    "x-request-id",
    "content-length",
    "set-cookie",
    "content-security-policy",
    "expires",
)


def seen_by(person: str) -> set[str]:
    """Keys of the tenants whose words a person may read."""
    if person in SEES_ALL:
        return set(ORDER)
    if person == "upper":
        return {UPPER, ALPHA}
    if person == "anonymous":
        return set()
    return OWN_OF.get(person, {ALPHA})


def strange_words(person: str, answer: Answer) -> set[str]:
    """Words of tenants that the person may not see; those that the person sent are no news.

    The key of a parent is no secret to those below: a refusal names it as its scope.
    """
    text = f"{answer.body}\n{answer.headers}".lower()
    seen = seen_by(person)
    parents = {ALPHA: UPPER, BRAVO: BORDER}
    named = seen | {parents[key] for key in seen if key in parents}
    words = {text_of(key) for key in ORDER if key not in seen}
    words |= {key for key in ORDER if key not in named and key not in answer.sent}
    return {word for word in words if word in text}


def comparable(answer: Answer, ids: dict[str, Any], used: set[str]) -> tuple[int, str, str]:
    """Status, headers and body without what may differ: ids that were sent, tokens, moments."""
    body = PASSING.sub("~", answer.body)
    headers = {n: v for n, v in answer.headers.items() if n not in PASSING_HEADERS}
    shown = PASSING.sub("~", str(sorted(headers.items())))
    values = sorted({str(ids[name]) for name in used}, key=len, reverse=True)
    for value in values:
        for form in {value, _grouped(value)}:
            body, shown = body.replace(form, "§"), shown.replace(form, "§")
    return answer.status, shown, body


def differing(first: tuple[Any, ...], second: tuple[Any, ...]) -> str:
    """Where two answers part, for a person to read."""
    for one, other in zip(first, second, strict=True):
        if one != other:
            pairs = zip(str(one), str(other), strict=False)
            at = next((i for i, (a, b) in enumerate(pairs) if a != b), 0)
            return f"{str(one)[max(0, at - 60) : at + 60]!r} / {str(other)[at : at + 60]!r}"
    return ""


def sign_in(answer: Answer) -> bool:
    """Whether the answer sends somebody to sign in."""
    return answer.status == 401 or (
        answer.status == 302 and "/accounts/login/" in answer.headers.get("location", "")
    )


def _grouped(value: str) -> str:
    return f"{int(value):,}" if value.isdecimal() else value
