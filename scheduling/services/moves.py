"""Moving quota: the only way by which its counters change.

The database function `berth_quota_move` takes the levels from the top of the tree down in one
fixed order, writes a ledger row and a conditional UPDATE for each, and answers which quota
refused. Nothing is read before it is written, so two movers can't both take the last unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.db import connection, transaction

from portal.refusal import Refusal
from scheduling.engine import Amounts
from scheduling.models import Quota, QuotaNode
from scheduling.selectors.refusals import refusal_of_quota

Column = Literal["reserved", "bound", "releasing"]
SIGNS: dict[str, Mapping[Column, int]] = {
    "reserve": {"reserved": 1},
    "bind": {"reserved": -1, "bound": 1},
    "release": {"bound": -1, "releasing": 1},
    "credit": {"releasing": -1},
    "cancel": {"reserved": -1},
}
Direction = Literal["reserve", "bind", "release", "credit", "cancel"]


@dataclass(frozen=True, slots=True)
class Move:
    """A move of `amounts` for a tenant in a pool.

    `operation` names the undertaking ("A-12"): the same (operation, direction) never moves
    twice, however often it is asked for.
    """

    operation: str
    direction: Direction
    tenant_key: str
    pool_id: int
    amounts: Amounts
    allocation_id: int | None = None
    job_id: int | None = None


class _Refused(Exception):
    def __init__(self, quota_id: int) -> None:
        self.quota_id = quota_id


def quota_move(move: Move) -> Refusal | None:
    """Move in the caller's transaction; None when it was (or had been) done.

    A Refusal means that nothing moved. Works in Berth's own scope: parents' rows are needed.
    """
    amounts = {key: amount for key, amount in sorted(move.amounts.items()) if amount}
    node = QuotaNode.objects.get(tenant_key=move.tenant_key)
    rows = list(
        Quota.objects.filter(
            node_id__in=node.chain_ids, pool_id=move.pool_id, resource__in=amounts
        ).order_by("node__depth", "resource")
    )
    missing = _missing(move, node, amounts, rows)
    if missing is not None:
        return missing
    try:
        with transaction.atomic():
            _call(move, rows, amounts)
    except _Refused as refused:
        return _refusal(move, amounts, Quota.objects.get(pk=refused.quota_id))
    return None


def _call(move: Move, rows: list[Quota], amounts: Amounts) -> None:
    signs = SIGNS[move.direction]
    deltas = [
        [signs.get(column, 0) * amounts[row.resource] for row in rows]
        for column in ("reserved", "bound", "releasing")
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT berth_quota_move(%s, %s, %s, %s, %s::bigint[], %s::bigint[], %s::bigint[],"
            " %s::bigint[])",
            [
                move.operation,
                move.direction,
                move.job_id,
                move.allocation_id,
                [row.pk for row in rows],
                *deltas,
            ],
        )
        (refused,) = cursor.fetchone()
    if refused is not None:
        raise _Refused(refused)


def _missing(move: Move, node: QuotaNode, amounts: Amounts, rows: list[Quota]) -> Refusal | None:
    have = {(row.node_id, row.resource) for row in rows}
    for node_id in node.chain_ids:
        for resource, asked in amounts.items():
            if (node_id, resource) not in have:
                tenant_key = QuotaNode.objects.values_list("tenant_key", flat=True).get(pk=node_id)
                return refusal_of_quota(
                    own_key=move.tenant_key,
                    scope_key=tenant_key,
                    resource=resource,
                    limit=0,
                    now=0,
                    asked=asked,
                )
    return None


def _refusal(move: Move, amounts: Amounts, row: Quota) -> Refusal:
    return refusal_of_quota(
        own_key=move.tenant_key,
        scope_key=row.tenant_key,
        resource=row.resource,
        limit=row.cap,
        now=row.allocated,
        asked=amounts[row.resource],
    )
