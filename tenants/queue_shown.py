"""Rows and views of the operators' queue as its page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.viewer import Viewer
from scheduling.selectors.fleet import resources_ordered
from tenants.approval import RENEW_SIZE, RULE_TITLES, WITHIN_SIZE
from tenants.choices_requests import RequestKind, RequestState
from tenants.offers import terms_total
from tenants.queue_views import VIEWS, QueueEntry, entries_of, is_soon, view_query
from tenants.request_shown import Headline, headline
from tenants.selectors.queue import QueueRow
from tenants.tables_requests import verdict_chip


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of the list."""

    id: int
    url: str
    submitted_at: datetime | None
    deadline_at: datetime | None
    soon: bool
    tenant: str
    ref: str
    who: str
    high: bool
    size: Headline
    chip: tuple[str, str, str] | None
    rule: str
    rule_words: str
    rule_title: str


def list_row(row: QueueRow, now: datetime, view: str = "") -> ListRow:
    """What the list shows of a request."""
    found = row.request
    rule, words = _policy(row)
    return ListRow(
        id=found.pk,
        url=reverse("queue_one", args=[found.pk]) + view_query(view),
        submitted_at=found.submitted_at,
        deadline_at=found.deadline_at,
        soon=is_soon(found.deadline_at, now),
        tenant=found.tenant_id,
        ref=found.ref,
        who=found.created_by_label,
        high=found.priority == "high",
        size=headline(found.kind, row.terms),
        chip=_chip(row),
        rule=rule,
        rule_words=words,
        rule_title=str(RULE_TITLES.get(rule, "")),
    )


def _chip(row: QueueRow) -> tuple[str, str, str] | None:
    """Where an offer is out nobody here has to act; else what the engine says."""
    if row.request.state == RequestState.COUNTERED:
        return _("Offer made"), "", "message"
    return verdict_chip(row.verdict)


def tabs(
    entries: list[QueueEntry], *, view: str, viewer: Viewer, now: datetime
) -> list[tuple[str, str, bool, int]]:
    """Views with their counts, as <c-tabs> wants them."""
    names = {
        "": _("All"),
        "mine": _("In my review"),
        "soon": _("Ends within a day"),
        "offers": _("Offers made"),
    }
    base = reverse("request_queue")
    return [
        (
            names[name],
            base + view_query(name),
            name == view,
            len(entries_of(entries, view=name, user_id=viewer.user_id, now=now)),
        )
        for name in VIEWS
    ]


def leading_of(rows: list[QueueRow]) -> Mapping[str, str]:
    """The resource that people mostly ask for in each pool: the first device, else processor."""
    found: dict[str, str] = {}
    for row in rows:
        pool = str(row.terms.ask.get("pool", ""))
        names = resources_ordered(terms_total(row.request.kind, row.terms))
        if pool and names and found.get(pool, "cpu") == "cpu":
            found[pool] = names[0]
    return found


def less_initial(row: QueueRow) -> dict[str, Any]:
    """Where a smaller offer begins: the most that fits, else half of the replicas."""
    if row.request.kind != RequestKind.ALLOCATION:
        return {}
    replicas = int(row.terms.ask["replicas"])
    fits = row.preview.alternatives[0].replicas if row.preview and row.preview.alternatives else 0
    return {"replicas": fits or max(1, replicas // 2)}


def _policy(row: QueueRow) -> tuple[str, str]:
    """Why an operator decides: rule and two words."""
    if row.request.kind == RequestKind.QUOTA:
        return "", _("quota")
    if row.request.kind == RequestKind.RENEW:
        return RENEW_SIZE, _("renewal")
    failed = row.preview.rule.failed if row.preview else None
    words = {
        "limits": _("no auto limit"),
        "size": _("over size"),
        "guaranteed": _("over quota"),
        "fits": _("no room"),
    }
    return WITHIN_SIZE, words.get(failed.code, "") if failed else ""
