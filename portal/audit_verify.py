"""Recomputing the chains of the audit log, without trusting the database's own function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection

from portal.audit import digest
from portal.scope import scope
from portal.viewer import Viewer

BATCH = 2000

# The order of the fields is that of portal_audit_digest; JSON is read as the text it was hashed as.
DIGEST_FIELDS = """ARRAY[chain_key, chain_seq::text, encode(prev_hash, 'hex'), id::text,
        (extract(epoch FROM at) * 1000000)::bigint::text, actor_user_id::text, actor_label,
        actor_kind, verb, target_type, target_id, tenant_key, before::text, after::text, reason,
        request_id, job_id::text]"""
ROWS = f"""
SELECT chain_key, chain_seq, prev_hash, hash, id,
    {DIGEST_FIELDS}
FROM portal_auditentry
WHERE (chain_key, COALESCE(chain_seq, 0), id) > (%s, %s, %s)
ORDER BY chain_key, COALESCE(chain_seq, 0), id LIMIT %s
"""  # noqa: S608 -- a constant of ours
HEADS = "SELECT chain_key, seq, hash FROM portal_audithead"


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as it is stored, with the fields that its hash covers."""

    chain: str
    seq: int | None
    prev_hash: bytes | None
    hash: bytes | None
    id: int
    fields: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Break:
    """The first wrong entry of a chain."""

    chain: str
    entry_id: int | None
    seq: int | None
    what: str

    def sentence(self) -> str:
        """Where and what."""
        place = f"entry {self.entry_id} (number {self.seq})" if self.entry_id else "its end"
        return f"{place}: {self.what}"


@dataclass(slots=True)
class Result:
    """What was looked at and what is wrong."""

    entries: int = 0
    chains: int = 0
    breaks: list[Break] = field(default_factory=list)


def chains_verify() -> Result:
    """Recompute all chains in batches; reports the first break of each.

    A chain that was rewritten as a whole, head included, passes: only a copy of the heads kept
    elsewhere shows that.
    """
    result = Result()
    heads = _heads()
    chain: str | None = None
    seq, last, broken, met = 0, b"", False, False
    for row in _rows():
        result.entries += 1
        if row.chain != chain:
            if chain is not None:
                _end_check(result, chain, heads, seq, met=met, broken=broken)
            chain, seq, last, broken, met = row.chain, 0, b"", False, False
            result.chains += 1
        what = "" if broken else _wrong(row, seq, last)
        if what:
            result.breaks.append(Break(row.chain, row.id, row.seq, what))
            broken = True
        seq, last = row.seq or 0, row.hash or b""
        # What is written while we look stands behind the head that was read first.
        met = met or heads.get(row.chain) == (seq, last)
    if chain is not None:
        _end_check(result, chain, heads, seq, met=met, broken=broken)
    result.breaks += [Break(key, None, None, "every entry is gone") for key in sorted(heads)]
    return result


def _wrong(row: Row, seq: int, last: bytes) -> str:
    if row.hash is None or row.seq is None:
        return "it was never sealed"
    if row.seq != seq + 1:
        return f"number {seq + 1} is missing before it"
    if row.prev_hash != last:
        return "it does not follow from the entry before"
    if digest(row.fields) != row.hash:
        return "its content does not match its hash"
    return ""


def _end_check(
    result: Result,
    chain: str,
    heads: dict[str, tuple[int, bytes]],
    seq: int,
    *,
    met: bool,
    broken: bool,
) -> None:
    head = heads.pop(chain, None)
    if broken:
        return
    if head is None or head[0] < seq:  # written while we looked: then the head has moved along
        now = _heads().get(chain)
        met = (met or head is None) and now is not None and now[0] >= seq
    if not met:
        result.breaks.append(
            Break(chain, None, None, "entries are missing, or the head was changed")
        )


def _heads() -> dict[str, tuple[int, bytes]]:
    with scope(Viewer.system("audit")), connection.cursor() as cursor:
        cursor.execute(HEADS)
        return {key: (seq, bytes(value)) for key, seq, value in cursor.fetchall()}


def _rows() -> Iterator[Row]:
    place: tuple[str, int, int] = ("", -1, -1)
    while True:
        with scope(Viewer.system("audit")), connection.cursor() as cursor:
            cursor.execute(ROWS, [*place, BATCH])
            found = cursor.fetchall()
        for chain, seq, prev_hash, hash_, id_, fields in found:
            yield Row(chain, seq, _bytes(prev_hash), _bytes(hash_), id_, tuple(fields))
        if len(found) < BATCH:
            return
        place = (found[-1][0], found[-1][1] or 0, found[-1][4])


def _bytes(value: memoryview | bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
