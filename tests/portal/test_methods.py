"""An address opened by a method that it does not take: a page in words, or the page it is below."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.people import People

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/ops/queue/7/counter/", "/ops/queue/7/"),
        ("/ops/allocations/release/?page=2", "/ops/allocations/?page=2"),
        ("/ops/drift/3/choose/", "/ops/drift/"),
        ("/jobs/3/retry/", "/jobs/3/"),
        ("/t/vision/requests/5/withdraw/", "/t/vision/requests/5/"),
        ("/settings/notices/4/", "/settings/notices/"),
    ],
)
def test_whoever_reloads_what_a_form_sent_comes_to_its_page(
    people: People, address: str, page: str
) -> None:
    answer = people.operator.client().get(address)
    assert (answer.status_code, answer["Location"]) == (302, page)


def test_the_way_back_tells_a_stranger_nothing(people: People) -> None:
    for address in ("/t/speech/requests/1/withdraw/", "/t/nowhere/requests/1/withdraw/"):
        assert people.alice.client().get(address, follow=True).status_code == 404
    sent = Client().get("/t/speech/requests/1/withdraw/", follow=True)
    assert sent.redirect_chain[-1][0].startswith("/accounts/login/?next=/t/speech/requests/1/")


def test_a_method_that_is_not_taken_is_a_page_in_words(people: People) -> None:
    client = people.alice.client()
    answers = [client.put("/t/vision/"), client.post("/t/vision/"), client.get("/ui/theme/")]
    for answer in answers:
        assert answer.status_code == 405
        text = answer.content.decode()
        assert "This is not offered here" in text
        assert "Nothing was changed" in text
        assert "b-shell" in text
    assert [answer["Allow"] for answer in answers] == ["GET", "GET", "POST"]
    fragment = client.get("/t/vision/requests/preview/", headers={"HX-Request": "true"})
    assert fragment.status_code == 405
    assert "<html" not in fragment.content.decode()
    assert "Nothing was changed" in fragment.content.decode()


def test_programs_are_told_as_before(people: People) -> None:
    answer = people.alice.client().put("/api/v1/tenants/")
    assert answer.status_code == 405
    assert answer.json()["code"] == "method-not-allowed"
    silent = people.alice.client().options("/t/vision/")
    assert (silent.status_code, silent.content) == (405, b"")
