"""What the tenant's home says of what is held: counted in the database, however much it is."""

from __future__ import annotations

import re

from portal.scope import scope
from portal.viewer import Viewer
from tests.lists import rows
from tests.people import People
from tests.scheduling.pages.seed import Seed
from tests.scheduling.pages.test_pages import MOST_QUERIES, statements

PANEL = "/t/vision/held/panel/"
MANY = 57


def note_of(body: str) -> str:
    """What stands beside the panel's title."""
    (found,) = re.findall(r'<span class="b-dim b-num">([^<]*)</span>', body)
    return str(found)


def test_few_are_counted_and_many_are_said_to_be_cut(people: People, seed: Seed) -> None:
    client = people.alice.client()
    before = client.get(PANEL).content.decode()
    assert (note_of(before), before.count("<tr ")) == ("4", 5)
    assert "3 end within 7 days" in before
    with scope(Viewer.system("tests")):
        rows.allocations(MANY, people)
    after = client.get(PANEL).content.decode()
    assert (note_of(after), after.count("<tr ")) == ("10 of 61", 11)
    assert "60 end within 7 days" in after
    (link,) = re.findall(r'href="(/t/vision/allocations/\?[^"]*)"', after)
    assert "61 allocations" in client.get(link).content.decode()
    assert len(statements(client, PANEL)) <= MOST_QUERIES
