"""The way in, as everybody: who is let where, and nothing about anybody else's account."""

from __future__ import annotations

import pytest
from django.core import mail

from tests.surface.calls import ROUTES
from tests.surface.kit import TOKENS
from tests.surface.looks import comparable, differing, strange_words
from tests.surface.routes import METHODS
from tests.surface.stage import Answer, Stage
from tests.surface.table.accounts import DOORS, LEADS
from tests.surface.world import ALPHA, BRAVO, MISSING
from tests.surface.world.people import PERSONS

ADDRESSES = sorted(name for name in ROUTES if ROUTES[name].pattern.startswith("accounts/"))
NOBODY = TOKENS | {"anonymous"}  # a token opens nothing but REST


def test_every_address_of_accounts_is_a_door() -> None:
    assert set(DOORS) == set(ADDRESSES)


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("person", PERSONS)
def test_everybody_gets_in_where_the_table_says(stage: Stage, name: str, person: str) -> None:
    door, ids = DOORS[name], stage.world.ids[ALPHA]
    path = ROUTES[name].path({place: ids[what] for place, what in door.places.items()})
    wrong = []
    for method in METHODS:
        answer = stage.ask(person, method, path, form=door.send if method == "POST" else None)
        expected = door.word(method, signed_in=person not in NOBODY)
        words = strange_words(person, answer)
        if not _as_told(expected, answer) or words:
            wrong.append(f"{method}: {expected}, not {answer.status} {words or ''} {answer.error}")
        if method == "HEAD" and answer.body:
            wrong.append("HEAD has a body")
    assert not wrong, "\n".join(wrong)


def _as_told(expected: str, answer: Answer) -> bool:
    """Whether an answer is what a word of the table says."""
    if expected == "page":
        return answer.status == 200
    if expected.isdecimal():
        return answer.status == int(expected)
    led = answer.headers.get("location", "").partition("?")[0]
    return answer.status in {301, 302} and led == LEADS.get(expected, expected)


@pytest.mark.parametrize(
    ("name", "box", "what", "more"),
    [
        ("account_login", "login", "username", {"password": "not-it"}),
        ("account_login", "login", "email", {"password": "not-it"}),
        ("account_reset_password", "email", "email", {}),
        ("account_signup", "username", "username", {"password1": "x", "password2": "x"}),
    ],
)
def test_nobody_learns_who_has_an_account(
    stage: Stage, name: str, box: str, what: str, more: dict[str, str]
) -> None:
    ids = stage.world.ids
    met, none = (
        stage.ask("anonymous", "POST", ROUTES[name].path({}), form={box: ids[whose][what]} | more)
        for whose in (BRAVO, MISSING)
    )
    shown = comparable(met, ids[BRAVO], {what}), comparable(none, ids[MISSING], {what})
    assert differing(*shown) == ""
    assert met.status in {200, 302}


def test_an_account_that_exists_is_sent_its_letter(stage: Stage) -> None:
    """So the test above has compared two different things."""
    path = ROUTES["account_reset_password"].path({})
    for whose, letters in ((BRAVO, 1), (MISSING, 0)):
        mail.outbox.clear()
        email = stage.world.ids[whose]["email"]
        stage.ask("anonymous", "POST", path, form={"email": email})
        told = [letter for letter in mail.outbox if "/password/reset/key/" in letter.body]
        assert len(told) == letters, mail.outbox
