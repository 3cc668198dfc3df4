"""The way in, and errors in the form that the asker understands."""

from __future__ import annotations

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import resolve, reverse

from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import Membership
from tests.people import People

pytestmark = pytest.mark.django_db


def test_home_sends_everybody_where_they_belong(people: People, client: Client) -> None:
    assert client.get("/")["Location"] == "/accounts/login/?next=/"
    assert people.operator.client().get("/")["Location"] == "/ops/"
    assert people.auditor.client().get("/")["Location"] == "/ops/"
    assert people.alice.client().get("/")["Location"] == "/t/vision/"


def test_home_returns_to_the_tenant_of_last_time_as_long_as_it_is_one_s_own(
    people: People,
) -> None:
    client = people.alice.client()
    session = client.session
    session["tenant_key"] = "speech"
    session.save()
    assert client.get("/")["Location"] == "/t/vision/"


def test_home_says_so_to_whoever_belongs_nowhere(people: People) -> None:
    with scope(Viewer.system("tests")):
        Membership.objects.filter(user_id=people.bob.user.pk).delete()
    answer = people.bob.client().get("/")
    assert answer.status_code == 200
    assert "bob" in answer.content.decode()


@pytest.mark.parametrize("name", ["home", "notice_list", "api_docs", "api_schema", "set_language"])
def test_names_lead_back_to_their_address(name: str) -> None:
    assert resolve(reverse(name)).url_name == name


def test_a_form_without_its_token_is_told_to_reload(people: People) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.alice.user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/settings/notices/read/")
    assert answer.status_code == 403
    assert answer["X-Request-Id"] in answer.content.decode()


def test_an_error_page_has_the_shell_and_a_fragment_has_not(people: People) -> None:
    client = people.alice.client()
    page = client.get("/t/vision/nowhere/").content.decode()
    fragment = client.get("/t/vision/nowhere/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" in page
    assert "<html" not in fragment
    assert client.get("/t/vision/nowhere/").status_code == 404


def test_the_icon_that_browsers_ask_for_unasked_is_there(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert "max-age" in answer["Cache-Control"]
    assert finders.find(answer["Location"].removeprefix("/static/")) is not None
