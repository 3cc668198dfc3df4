"""Views of lists: kept under a name, shown beside the list and in the navigation, and private."""

from __future__ import annotations

import pytest

from portal.errors import Conflict, Denied, Invalid, NotFound
from portal.models import SavedView
from portal.saved_views import keep
from tests.people import People

LIST = "/t/vision/jobs/"


def test_a_kept_list_opens_with_its_filters_and_stands_in_the_navigation(people: People) -> None:
    client = people.alice.client()
    query = "state=failed&page=3&kind=&sort=-created_at"
    answer = client.post("/settings/views/", {"name": "Failed", "path": LIST, "query": query})
    assert answer["Location"] == f"{LIST}?state=failed&sort=-created_at"
    page = client.get(answer["Location"]).content.decode()
    assert "Pinned views" in page
    assert page.count(f'href="{LIST}?state=failed&amp;sort=-created_at"') == 2  # rail and menu
    assert "Pinned views" not in people.bob.client().get(LIST).content.decode()


def test_a_known_name_gets_the_new_filters(people: People) -> None:
    viewer = people.alice.viewer
    first = keep.view_save(viewer=viewer, path=LIST, query="state=failed", name="Mine")
    again = keep.view_save(viewer=viewer, path=LIST, query="state=parked", name=" Mine ")
    assert (again.pk, again.query) == (first.pk, "state=parked")


def test_nobody_reaches_what_another_keeps(people: People) -> None:
    view = keep.view_save(viewer=people.alice.viewer, path=LIST, query="", name="Mine")
    bob = people.bob.viewer
    with pytest.raises(NotFound):
        keep.view_rename(viewer=bob, view_id=view.pk, name="Yours")
    with pytest.raises(NotFound):
        keep.view_delete(viewer=bob, view_id=view.pk)
    assert list(keep.views_of(bob)) == []


@pytest.mark.parametrize(
    "path", ["https://example.com/", "//example.com/", "/settings/", "/ops/nowhere/", "/ops/" * 60]
)
def test_only_lists_of_this_program_are_kept(people: People, path: str) -> None:
    with pytest.raises(Invalid):
        keep.view_save(viewer=people.alice.viewer, path=path, query="", name="Mine")


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "two\nlines", "nul\x00"])
def test_a_name_is_one_short_line(people: People, name: str) -> None:
    with pytest.raises(Invalid):
        keep.view_save(viewer=people.alice.viewer, path=LIST, query="", name=name)


def test_a_name_that_the_list_has_and_one_too_many_are_refused(people: People) -> None:
    viewer = people.alice.viewer
    made = [
        keep.view_save(viewer=viewer, path=LIST, query="", name=f"V{number}")
        for number in range(keep.MOST)
    ]
    with pytest.raises(Conflict):
        keep.view_rename(viewer=viewer, view_id=made[0].pk, name="V1")
    with pytest.raises(Conflict):
        keep.view_save(viewer=viewer, path=LIST, query="", name="one more")
    keep.view_save(viewer=viewer, path=LIST, query="state=failed", name="V0")
    assert SavedView.objects.count() == keep.MOST


def test_the_page_renames_and_deletes(people: People) -> None:
    client = people.alice.client()
    view = keep.view_save(viewer=people.alice.viewer, path=LIST, query="", name="Mine")
    client.post(f"/settings/views/{view.pk}/rename/", {"name": "Ours"})
    assert "Ours" in client.get("/settings/views/").content.decode()
    client.post(f"/settings/views/{view.pk}/delete/")
    assert "No saved views yet" in client.get("/settings/views/").content.decode()


def test_a_token_keeps_nothing(people: People) -> None:
    token = people.alice.viewer.__class__.system("tests")
    with pytest.raises(Denied):
        keep.view_save(viewer=token, path=LIST, query="", name="Mine")
