"""PATCH says that nothing can be changed before it says what is wrong with the body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import ApiToken
from tests.tenants.requests.harbour import Harbour
from tests.tenants.rest import Rest

pytestmark = pytest.mark.django_db


def submitted(harbour: Harbour) -> str:
    """A request that is no draft any more."""
    return f"requests/{harbour.submitted().pk}/"


def archived(path: str) -> Callable[[Harbour], str]:
    """Something of a tenant that is archived."""

    def made(harbour: Harbour) -> str:
        answer = Rest(harbour.people.operator.client()).post("tenants/vision/archive/", {})
        assert answer.status_code == 200, answer.content
        return path

    return made


def draft_of_archived(harbour: Harbour) -> str:
    """A draft that its tenant can't submit any more."""
    return archived(f"requests/{harbour.draft().pk}/")(harbour)


def revoked_token(harbour: Harbour) -> str:
    """A token of the operator's that was ended."""
    rest = Rest(harbour.people.operator.client())
    wanted: dict[str, Any] = {"name": "ci", "scopes": ["read"], "days": 1}
    assert rest.post("tokens/", wanted).status_code == 201
    with scope(Viewer.system("tests")):
        path = f"tokens/{ApiToken.objects.get().public_id}/"
    assert rest.delete(path).status_code == 204
    return path


CASES = {
    "a submitted request": submitted,
    "a draft of an archived tenant": draft_of_archived,
    "an archived tenant": archived("tenants/vision/"),
    "a member of an archived tenant": archived("tenants/vision/members/bob/"),
    "a revoked token": revoked_token,
}


def test_replacing_a_revoked_token_says_so_before_a_bad_body(harbour: Harbour) -> None:
    path = revoked_token(harbour)
    answer = Rest(harbour.people.operator.client()).post(f"{path}rotate/", {"no_such_field": 1})
    assert answer.status_code == 409, answer.content


@pytest.mark.parametrize("place", CASES.values(), ids=CASES.keys())
def test_what_can_not_be_changed_comes_before_a_bad_body(
    harbour: Harbour, place: Callable[[Harbour], str]
) -> None:
    path = place(harbour)
    answer = Rest(harbour.people.operator.client()).patch(path, {"no_such_field": 1})
    assert answer.status_code == 409, answer.content
