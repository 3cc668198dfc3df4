"""A demonstration's way in and its first task; without a demonstration neither exists."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from portal.settings.env import env_read
from portal.ui import guides
from tenants.demo import PEOPLE
from tenants.demo_accounts import OFFERED
from tenants.guides import guides_register
from tests.people import People

ENOUGH = {
    "BERTH_SECRET_KEY": "s",
    "BERTH_TOKEN_PEPPER": "p",
    "DATABASE_URL": "postgresql://a@b/c",
    "DATABASE_OWNER_URL": "postgresql://d@b/c",
}
LOGIN = "/accounts/login/"
SIGN_IN = "/demo/sign-in/"


@pytest.fixture
def demo(settings: Settings) -> Iterator[None]:
    """An installation that was started as a demonstration."""
    settings.DEMO = True
    before = dict(guides.GUIDES)
    guides_register()
    yield
    guides.GUIDES.clear()
    guides.GUIDES.update(before)


def test_without_a_demonstration_nobody_gets_in_by_a_click(people: People) -> None:
    client = Client()
    assert client.post(SIGN_IN, {"account": "operator"}).status_code == 404
    assert b"operator-night" not in client.get(LOGIN).content
    assert SIGN_IN.encode() not in client.get(LOGIN).content


def test_every_account_that_is_offered_is_made() -> None:
    assert {name for name, _note in OFFERED} <= {person.username for person in PEOPLE}


@pytest.mark.usefixtures("demo")
def test_one_click_signs_a_made_up_account_in_and_no_other(people: People) -> None:
    client = Client()
    assert f'action="{SIGN_IN}"' in client.get(LOGIN).content.decode()
    answer = client.post(SIGN_IN, {"account": "operator"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/ops/").status_code == 200
    for name in ("alice", "root", ""):
        assert Client().post(SIGN_IN, {"account": name}).status_code == 404
    assert Client().get(SIGN_IN).status_code == 405


@pytest.mark.parametrize("url", ["https://berth.example", "http://10.0.0.7:8000"])
def test_a_demonstration_is_refused_where_others_can_reach_it(url: str) -> None:
    assert not env_read(ENOUGH | {"BERTH_PUBLIC_URL": url}).demo
    with pytest.raises(ImproperlyConfigured, match="Take BERTH_DEMO away"):
        env_read(ENOUGH | {"BERTH_PUBLIC_URL": url, "BERTH_DEMO": "1"})
    assert env_read(ENOUGH | {"BERTH_DEMO": "1"}).demo
