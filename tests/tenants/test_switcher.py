"""More tenants than the switcher lists: none is out of reach, and each has its title."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from inventory.models import Pool
from portal.scope import scope
from portal.viewer import Viewer
from tenants.services.tree import tenant_create
from tests.people import People

pytestmark = pytest.mark.django_db
MANY = 24


@pytest.fixture
def crowded(people: People) -> People:
    """Many teams below alice's; the last of them has the last place in the tree."""
    with scope(Viewer.system("tests")) as viewer:
        Pool.objects.create(name="h100", title="H100", ordering=1)
        for number in range(MANY):
            tenant_create(
                key=f"team-{number:02}",
                title=f"Team {number:02}",
                kind="project",
                parent_key="vision",
                viewer=viewer,
            )
    return people


def switcher(client: Client, path: str) -> list[tuple[str, str]]:
    """(address, words) of the tenant switcher on a page."""
    page = client.get(path).content.decode()
    menu = page[page.index('class="b-switchers"') :].split("</details>")[0]
    return re.findall(r'<a href="([^"]*)">([^<]*)', menu)


def test_member_of_many_tenants_reaches_all_of_them_from_the_switcher(crowded: People) -> None:
    client = crowded.alice.client()
    choices = switcher(client, "/t/vision/")
    assert len(choices) == 21
    assert choices[-1] == ("/settings/#your-tenants", "All your tenants")
    page = client.get("/settings/").content.decode()
    listed = page[page.index('id="your-tenants"') :]
    assert all(f'href="/t/team-{number:02}/"' in listed for number in range(MANY))


def test_operator_and_auditor_get_the_way_to_the_tree(crowded: People) -> None:
    for someone in (crowded.operator, crowded.auditor):
        choices = switcher(someone.client(), "/ops/tenants/")
        assert choices[-1] == ("/ops/tenants/", "All tenants")


def test_member_of_few_tenants_sees_no_more_than_these(people: People) -> None:
    assert switcher(people.alice.client(), "/t/vision/") == [("/t/vision/", "Computer Vision")]


def test_a_tenant_beyond_the_switcher_is_called_by_its_title(crowded: People) -> None:
    last = f"Team {MANY - 1}"
    grid = crowded.operator.client().get("/ops/quota/?pool=h100").content.decode()
    assert last in grid
    home = crowded.alice.client().get(f"/t/team-{MANY - 1}/").content.decode()
    bar = home[home.index('class="b-switchers"') :].split("</summary>")[0]
    assert f">{last}<" in bar
