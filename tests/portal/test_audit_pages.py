"""The audit log as page and REST: who reads what, cursors, filters, and the chain's mark."""

from __future__ import annotations

import re

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from inventory.models import Pool
from portal import audit
from portal.models import AuditEntry
from portal.scope import scope
from portal.viewer import Viewer
from tests.people import People
from tests.tenants.rest import Rest

SYSTEM = Viewer.system("tests")
CONTROL = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SELECT set_config)")


def acts_record(count: int, *, tenant_key: str = "", verb: str = "pool.edit") -> None:
    """Write entries that change a title."""
    with scope(SYSTEM):
        for number in range(count):
            audit.record(
                viewer=SYSTEM,
                verb=verb,
                target_type="pool",
                target_id=number,
                tenant_key=tenant_key,
                before={"title": "old", "same": [1]},
                after={"title": f"new {number}", "same": [1]},
                reason="because",
            )


def test_rights(people: People) -> None:
    names = ("operator", "auditor", "alice", "bob", "charlie")
    found = tuple(getattr(people, n).client().get("/ops/audit/").status_code for n in names)
    assert found == (200, 200, 403, 403, 403)


def test_members_read_their_own_tenant_alone(people: People) -> None:
    acts_record(1, tenant_key="speech")
    acts_record(1, tenant_key="vision")
    rest = Rest(people.alice.client())
    tenants = {row["tenant"] for row in rest.get("audit/").json()["results"]}
    assert tenants == {"vision"}
    assert rest.get("audit/", tenant="speech").json()["results"] == []
    with scope(SYSTEM):
        foreign = AuditEntry.objects.filter(tenant_key="speech").latest("id").pk
    assert rest.get(f"audit/{foreign}/").status_code == 404
    assert rest.get("audit/chains/").status_code == 200


def test_list_is_filtered_and_goes_on_by_cursor(people: People) -> None:
    acts_record(5, verb="lamp.lit")
    rest = Rest(people.auditor.client())
    first = rest.get("audit/", verb="lamp.", limit=3).json()
    assert [row["target_id"] for row in first["results"]] == ["4", "3", "2"]
    rest_of = rest.client.get(first["next"]).json()
    assert [row["target_id"] for row in rest_of["results"]] == ["1", "0"]
    assert rest.get("audit/", until="2001-01-01T00:00:00Z").json()["results"] == []
    for query in ({"since": "yesterday"}, {"limit": 0}, {"cursor": "x"}, {"colour": "red"}):
        assert rest.get("audit/", **query).status_code == 400
    assert rest.post("audit/", {}).status_code == 405
    assert rest.delete("audit/1/").status_code == 405


def test_page_shows_changes_and_older_entries(people: People) -> None:
    acts_record(60)
    client = people.operator.client()
    page = client.get("/ops/audit/?verb=pool.").content.decode()
    assert "new 59" in page
    assert "new 9<" not in page
    older = re.search(r"before=(\d+)", page)
    assert older
    page = client.get(f"/ops/audit/?verb=pool.&before={older[1]}").content.decode()
    assert "new 9<" in page
    assert "new 59" not in page
    assert client.get("/ops/audit/?before=x&since=never").status_code == 200


def test_queries_do_not_grow_with_rows(people: People) -> None:
    client, counts = people.operator.client(), []
    for _round in range(2):
        acts_record(20)
        client.get("/ops/audit/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/ops/audit/")
        counts.append(len([q for q in queries if not CONTROL.match(q["sql"])]))
    assert counts[0] == counts[1] <= 12


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_page_and_rest_tell_a_changed_entry(people_committed: People) -> None:
    acts_record(3)
    rest = Rest(people_committed.auditor.client())
    rows = rest.get("audit/").json()["results"]
    assert {row["chain"]["state"] for row in rows} == {"verified"}
    heads = rest.get("audit/chains/").json()["results"]
    assert heads[0]["chain"] == ""
    assert heads[0]["hash"] == rows[0]["chain"]["hash"]
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE portal_auditentry DISABLE TRIGGER guard_rows")
        cursor.execute(
            "UPDATE portal_auditentry SET reason = 'other' WHERE id = %s", [rows[1]["id"]]
        )
        cursor.execute("ALTER TABLE portal_auditentry ENABLE TRIGGER guard_rows")
    after = {row["id"]: row["chain"]["state"] for row in rest.get("audit/").json()["results"]}
    assert [key for key, state in after.items() if state == "broken"] == [rows[1]["id"]]
    page = people_committed.operator.client().get("/ops/audit/").content.decode()
    assert "Chain broken" in page


def test_kinds_and_actors_are_read_in_the_language_of_the_reader(people: People) -> None:
    line = Viewer.system("command line")
    with scope(line):
        audit.record(viewer=line, verb="pool.edit", target_type="pool", target_id=7, tenant_key="")
    client = people.operator.client()
    client.cookies["berth_language"] = "zh-hans"
    row = re.compile(r"资源池 <span[^>]*>7</span>.*?命令行 <span[^>]*>系统</span>", re.DOTALL)
    for kind in ("pool", "资源池"):
        assert row.search(client.get("/ops/audit/", {"target": kind}).content.decode())
    page = client.get("/ops/audit/", {"target": "集群"}).content.decode()
    assert "命令行" not in page


def entry_record(verb: str, kind: str, number: int, *, tenant_key: str = "") -> None:
    """Write one entry by alice."""
    viewer = Viewer(kind="user", label="alice", user_id=None)
    with scope(SYSTEM):
        audit.record(
            viewer=viewer, verb=verb, target_type=kind, target_id=number, tenant_key=tenant_key
        )


def test_what_a_rule_decided_berth_did_itself(people: People) -> None:
    """As the request and the tenant's activity say it: alice only asked."""
    entry_record("request.rule", "request", 53, tenant_key="vision")
    for client, address in (
        (people.operator.client(), "/ops/audit/?verb=request.rule"),
        (people.bob.client(), "/t/vision/activity/"),
    ):
        page = client.get(address).content.decode()
        assert "Request approved by rule" in page
        assert re.search(r">Berth\s*<", page)
        assert not re.search(r">alice\s*<", page)


def test_objects_are_named_as_people_name_them_and_linked(people: People) -> None:
    pool = Pool.objects.create(name="night", title="Night", ordering=9)
    entry_record("pool.edit", "pool", pool.pk)
    entry_record("pool.delete", "pool", 99_999)
    entry_record("allocation.plan", "allocation", 44, tenant_key="vision")
    entry_record("request.submit", "request", 53, tenant_key="vision")
    page = people.operator.client().get("/ops/audit/").content.decode()
    assert '<a href="/ops/pools/night/">night</a>' in page
    assert '<span class="b-dim">99999</span>' in page
    assert '<a href="/t/vision/allocations/44/">A-44</a>' in page
    assert ">#53</a>" in page
