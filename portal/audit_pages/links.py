"""Recomputing the links of single entries, for whoever looks at a page of the log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.db import connection

from portal.audit import digest
from portal.audit_verify import DIGEST_FIELDS

State = Literal["verified", "pending", "broken"]

# The entry before is looked up by its number, so that a page needs no whole chain.
ROWS = f"""
SELECT id, chain_seq, prev_hash, hash,
    (SELECT before_it.hash FROM portal_auditentry before_it
     WHERE before_it.chain_key = portal_auditentry.chain_key
       AND before_it.chain_seq = portal_auditentry.chain_seq - 1),
    {DIGEST_FIELDS}
FROM portal_auditentry WHERE id = ANY(%s)
"""  # noqa: S608 -- a constant of ours
HEADS = """
SELECT chain_key, seq, encode(hash, 'hex') FROM portal_audithead
WHERE %s OR chain_key = ANY(%s) ORDER BY chain_key LIMIT 1000
"""


@dataclass(frozen=True, slots=True)
class Link:
    """An entry's place in its chain; `state` is what recomputing it showed just now."""

    seq: int | None
    hash: str
    state: State


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain."""

    chain: str
    entries: int
    hash: str


def links_verify(ids: Iterable[int]) -> dict[int, Link]:
    """Recompute entries and their ties to the entry before; one query, by id.

    An entry that its own transaction has not sealed yet is pending.
    """
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [list(ids)])
        rows = cursor.fetchall()
    return {row[0]: _link(*row[1:]) for row in rows}


def heads_list(*, everything: bool, tenant_keys: Iterable[str] = ()) -> list[Head]:
    """The heads of all chains, or of these tenants' alone."""
    with connection.cursor() as cursor:
        cursor.execute(HEADS, [everything, list(tenant_keys)])
        return [Head(*row) for row in cursor.fetchall()]


def _link(
    seq: int | None,
    prev_hash: memoryview | None,
    own_hash: memoryview | None,
    before_hash: memoryview | None,
    fields: list[str | None],
) -> Link:
    if seq is None or own_hash is None or prev_hash is None:
        return Link(None, "", "pending")
    tied = bytes(prev_hash) == (b"" if seq == 1 else bytes(before_hash or b"?"))
    good = tied and digest(fields) == bytes(own_hash)
    return Link(seq, bytes(own_hash).hex(), "verified" if good else "broken")
