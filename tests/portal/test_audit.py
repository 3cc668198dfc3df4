"""The audit log: who may write what, and how a change to it comes to light."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from portal import audit, audit_verify
from portal.audit_verify import chains_verify
from portal.models import AuditEntry, AuditHead, JobRun
from portal.scope import scope
from portal.viewer import Viewer
from tests.database import owner_connection
from tests.portal.together import beside, together

SYSTEM = Viewer.system("tests")
committed = pytest.mark.django_db(transaction=True)


def write(tenant_key: str, target: str = "1", **more: object) -> None:
    audit.record(
        viewer=SYSTEM,
        verb="quota.edit",
        target_type="quota",
        target_id=target,
        tenant_key=tenant_key,
        **more,  # type: ignore[arg-type]
    )


def entries(tenant_key: str) -> list[AuditEntry]:
    with scope(SYSTEM):
        return list(AuditEntry.objects.filter(chain_key=tenant_key).order_by("chain_seq"))


@contextmanager
def tampering() -> Iterator[Callable[[str], None]]:
    """The owner of the tables with the guards off: what only a person with the keys can do."""
    with owner_connection() as owner:
        for name in ("guard_rows", "guard_table", "fresh"):
            owner.execute(f"ALTER TABLE portal_auditentry DISABLE TRIGGER {name}")
        yield lambda statement: owner.execute(statement)
        for name in ("guard_rows", "guard_table", "fresh"):
            owner.execute(f"ALTER TABLE portal_auditentry ENABLE TRIGGER {name}")


@committed
def test_record_links_each_entry_to_the_one_before() -> None:
    for number in range(3):
        with scope(SYSTEM):
            write("vision", str(number), before={"cpu": number}, after={"cpu": number + 1})
    rows = entries("vision")
    assert [row.chain_seq for row in rows] == [1, 2, 3]
    assert [bytes(row.prev_hash) for row in rows[1:]] == [bytes(row.hash) for row in rows[:2]]
    assert bytes(rows[0].prev_hash) == b""
    head = AuditHead.objects.get(pk="vision")
    assert (head.seq, bytes(head.hash)) == (3, bytes(rows[2].hash))


@committed
def test_record_seals_the_entries_of_several_chains_in_one_transaction() -> None:
    with scope(SYSTEM):
        for key in ("vision", "", "speech", "vision", ""):
            write(key)
    assert [row.chain_seq for row in entries("vision")] == [1, 2]
    assert [row.chain_seq for row in entries("")] == [1, 2]
    assert chains_verify().breaks == []


@committed
def test_record_vanishes_with_its_transaction_and_leaves_no_gap() -> None:
    with scope(SYSTEM):
        write("vision")
        transaction.set_rollback(True)
    with scope(SYSTEM):
        write("vision")
    assert [row.chain_seq for row in entries("vision")] == [1]


@committed
def test_record_can_be_written_above_what_the_actor_may_read() -> None:
    member = Viewer(7, "alice", "user", tenant_keys=frozenset({"vision"}))
    with scope(member):
        audit.record(
            viewer=member, verb="user.sign_in", target_type="user", target_id=7, tenant_key=""
        )
        assert AuditEntry.objects.count() == 0
    assert [row.actor_label for row in entries("")] == ["alice"]


@committed
def test_record_blacks_out_secrets() -> None:
    with scope(SYSTEM):
        write("vision", after={"token": "abc", "note": "Bearer abcdefgh12345"})
    assert entries("vision")[0].after == {"token": "[redacted]", "note": "Bearer [redacted]"}


@committed
def test_charlie_does_not_see_entries_of_another_tenant() -> None:
    with scope(SYSTEM):
        write("vision")
        write("speech")
    charlie = Viewer(9, "charlie", "user", tenant_keys=frozenset({"speech"}))
    with scope(charlie):
        assert list(AuditEntry.objects.values_list("tenant_key", flat=True)) == ["speech"]


@committed
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE portal_auditentry SET reason = 'x'",
        "UPDATE portal_auditentry SET hash = NULL",
        "DELETE FROM portal_auditentry",
        "TRUNCATE portal_auditentry",
        "UPDATE portal_audithead SET seq = 7",
        "DELETE FROM portal_audithead",
        "INSERT INTO portal_audithead VALUES ('x', 1, '')",
        "ALTER TABLE portal_auditentry DISABLE TRIGGER guard_rows",
    ],
)
def test_the_program_can_not_change_the_log(statement: str) -> None:
    with scope(SYSTEM):
        write("vision")
    with pytest.raises(DatabaseError), scope(SYSTEM), connection.cursor() as cursor:
        cursor.execute(statement)
    assert chains_verify().breaks == []


@committed
def test_what_is_written_while_somebody_looks_is_no_break(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scope(SYSTEM):
        write("vision")
    rows = audit_verify._rows

    def rows_later() -> Iterator[audit_verify.Row]:
        with scope(SYSTEM):
            write("vision")
            write("speech")
        yield from rows()

    monkeypatch.setattr(audit_verify, "_rows", rows_later)
    found = chains_verify()
    assert (found.breaks, found.entries, found.chains) == ([], 3, 2)


@committed
def test_a_forged_place_in_the_chain_is_ignored() -> None:
    with scope(SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO portal_auditentry (actor_label, actor_kind, verb, target_type, target_id,"
            " tenant_key, reason, request_id, chain_key, chain_seq, hash, at)"
            " VALUES ('x','user','v','t','1','vision','','','speech',99,'\\x00','2000-01-01')"
        )
    row = entries("vision")[0]
    assert (row.chain_seq, row.at.year > 2000) == (1, True)
    assert chains_verify().breaks == []


TAMPERINGS = {
    "a changed word": "UPDATE portal_auditentry SET reason = 'nobody did it' WHERE chain_seq = 2",
    "a changed byte of JSON": "UPDATE portal_auditentry SET after = '{\"cpu\": 9}'"
    " WHERE chain_seq = 2",
    "a changed time": "UPDATE portal_auditentry SET at = at - interval '1 microsecond'"
    " WHERE chain_seq = 2",
    "a flipped byte of a hash": "UPDATE portal_auditentry"
    " SET hash = set_byte(hash, 3, get_byte(hash, 3) # 1) WHERE chain_seq = 2",
    "a removed entry": "DELETE FROM portal_auditentry WHERE chain_seq = 2",
    "a removed last entry": "DELETE FROM portal_auditentry WHERE chain_seq = 3",
    "everything removed": "DELETE FROM portal_auditentry",
    "two swapped": "UPDATE portal_auditentry SET target_id = (4 - target_id::int)::text",
    "moved to another actor": "UPDATE portal_auditentry SET actor_user_id = 5 WHERE chain_seq = 1",
    "a head that was set back": "UPDATE portal_audithead SET seq = 2, hash ="
    " (SELECT hash FROM portal_auditentry e WHERE e.chain_seq = 2 AND e.chain_key = 'vision')"
    " WHERE seq = 3",
    "unsealed": "UPDATE portal_auditentry SET hash = NULL WHERE chain_seq = 3",
}


@committed
@pytest.mark.parametrize("name", sorted(TAMPERINGS))
def test_audit_verify_finds(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (1, 2, 3):
        with scope(SYSTEM):
            write("vision", str(number), after={"cpu": number})
    with scope(SYSTEM):
        write("speech")
    call_command("audit_verify")
    assert "4 entries in 2 chains are unbroken" in capsys.readouterr().out
    with tampering() as run:
        run(
            TAMPERINGS[name]
            + (" AND" if " WHERE " in TAMPERINGS[name] else " WHERE")
            + " chain_key = 'vision'"
        )
    with pytest.raises(CommandError, match=r"1 broken chain"):
        call_command("audit_verify")
    assert "chain vision:" in capsys.readouterr().err


@committed
def test_audit_verify_reads_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.audit_verify.BATCH", 2)
    with scope(SYSTEM):
        for number in range(7):
            write("vision" if number % 2 else "", str(number))
    result = chains_verify()
    assert (result.entries, result.chains, result.breaks) == (7, 2, [])


@committed
def test_two_transactions_that_take_two_chains_in_opposite_order_do_not_deadlock() -> None:
    """Each also holds a row that the other waits for: locks of chains come last."""
    with scope(SYSTEM):
        jobs = [
            JobRun.objects.create(kind="t", key=str(n), queue="report", requested_by_label="t")
            for n in (1, 2)
        ]
    meet = threading.Barrier(2, timeout=20)

    def work(keys: list[str]) -> None:
        for _round in range(25):
            meet.wait()
            with scope(SYSTEM):
                write(keys[0])
                JobRun.objects.filter(pk=jobs[0].pk).update(failures=1)
                write(keys[1])
                JobRun.objects.filter(pk=jobs[1].pk).update(failures=1)

    together(partial(work, ["vision", "speech"]), partial(work, ["speech", "vision"]))
    result = chains_verify()
    assert (result.entries, result.breaks) == (100, [])


@committed
def test_the_chain_lock_comes_after_checks_that_wait_for_rows() -> None:
    """A foreign key that is checked at commit may wait; by then no chain may be held."""
    with scope(SYSTEM):
        job = JobRun.objects.create(kind="t", key="1", queue="report", requested_by_label="t")
    started = threading.Event()

    def work() -> None:
        with scope(SYSTEM):
            write("vision")
            JobRun.objects.create(
                kind="t", key="2", queue="report", requested_by_label="t", retry_of_id=job.pk
            )
            started.set()

    with scope(SYSTEM):
        JobRun.objects.select_for_update().get(pk=job.pk)
        future = beside(work)
        started.wait(10)
        with pytest.raises(TimeoutError):
            future.result(1.0)  # its commit waits for our row
        write("vision")  # and ours needs the chain that it wants too
    future.result(20)
    assert [row.chain_seq for row in entries("vision")] == [1, 2]
