"""What was done in a tenant: as much as it is, page by page, newest first."""

from __future__ import annotations

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.models import AuditEntry
from portal.scope import scope
from portal.viewer import Viewer
from tests.people import People
from tests.tenants.test_pages import MOST_QUERIES, TRANSACTION_CONTROL

PAGE = "/t/vision/activity/"
NUMBERS = range(1000, 1120)


def acts_make() -> None:
    """Acts on requests, whose numbers tell in which order they were done."""
    with scope(Viewer.system("tests")):
        AuditEntry.objects.bulk_create(
            AuditEntry(
                actor_label="alice",
                actor_kind="user",
                verb="request.submit",
                target_type="request",
                target_id=str(number),
                tenant_key="vision",
            )
            for number in NUMBERS
        )


def test_every_act_is_on_one_of_the_pages(people: People) -> None:
    acts_make()
    client = people.bob.client()
    bodies = [client.get(f"{PAGE}?page={n}").content.decode() for n in range(1, 4)]
    found = [int(number) for body in bodies for number in re.findall(r">#(\d+)</a>", body)]
    assert found == list(reversed(NUMBERS))
    assert "1 to 50 of " in bodies[0]
    assert 'href="?page=2" rel="next"' in bodies[0]
    assert "At most" not in bodies[0]


def test_many_acts_cost_few_queries(people: People) -> None:
    acts_make()
    client = people.bob.client()
    client.get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        client.get(PAGE)
    counted = [q["sql"] for q in queries if not TRANSACTION_CONTROL.match(q["sql"])]
    assert len(counted) <= MOST_QUERIES, "\n".join(counted)
