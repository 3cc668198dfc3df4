"""The operators' queue: every open request with a fresh verdict, in a handful of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from inventory.models import Pool
from portal.viewer import Viewer
from scheduling.engine import Ask
from scheduling.selectors.preview import ask_build, preview_of
from scheduling.selectors.snapshots import DatedSnapshot, snapshots_build
from tenants.approval import RuleAnswer, RuleLine
from tenants.asks import is_open
from tenants.choices_requests import DECIDED_STATES, OPEN_STATES, RequestKind, RequestState
from tenants.conflicts import ousted
from tenants.models import CapacityRequest, RequestEvent
from tenants.models.requests import CapacityRequestQuerySet
from tenants.offers import Terms
from tenants.previews import RequestPreview
from tenants.queue_views import QueueEntry, entries_of
from tenants.selectors.previews import allocation_preview
from tenants.selectors.requests import request_list, request_terms

PAGE_ROWS = 50
MOST_DECIDED = 5
MOST_COMPARED = 30


@dataclass(frozen=True, slots=True)
class QueueRow:
    """An open request; `preview` is fresh for an allocation, None where nothing is placed."""

    request: CapacityRequest
    terms: Terms
    verdict: str
    preview: RequestPreview | None
    ask: Ask | None


@dataclass(frozen=True, slots=True)
class PoolFree:
    """What is free and usable of a pool's leading resource."""

    pool: str
    resource: str
    free: int
    usable: int
    whole_nodes: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Open requests, least time left first, with the snapshots their verdicts rest on.

    `entries` are all that wait, `page` has the ids of one page of a view, `rows` are that page's;
    `apart` is the chosen one where another page lists it. `decided` are the last decisions of a
    day, newest first.
    """

    entries: list[QueueEntry]
    page: Page[int]
    rows: list[QueueRow]
    apart: QueueRow | None
    decided: list[CapacityRequest]
    snapshots: Mapping[tuple[str, int], DatedSnapshot]
    pools: Mapping[str, Pool]

    def row(self, request_id: int) -> QueueRow | None:
        """The row of a request: one of the page, or the chosen one."""
        known = [*self.rows, *([self.apart] if self.apart else [])]
        return next((row for row in known if row.request.pk == request_id), None)

    @property
    def listed(self) -> Sequence[int]:
        """Ids of all pages of the view, in order."""
        return cast("Sequence[int]", self.page.paginator.object_list)

    def conflicts(self, row: QueueRow) -> list[CapacityRequest]:
        """Requests that fit now and would not once this one is placed."""
        if row.ask is None:
            return []
        pool = row.terms.ask["pool"]
        others = [
            other
            for other in self.rows
            if other.ask is not None and other is not row and other.terms.ask["pool"] == pool
        ][:MOST_COMPARED]
        ids = ousted(
            ask=row.ask,
            snapshot=self._snapshot(row),
            others=[(o.request.pk, o.ask, self._snapshot(o)) for o in others if o.ask is not None],
        )
        return [other.request for other in others if other.request.pk in ids]

    def _snapshot(self, row: QueueRow) -> Any:
        pool = self.pools[row.terms.ask["pool"]]
        return self.snapshots[row.request.tenant_id, pool.pk].snapshot


def queue_build(
    *,
    viewer: Viewer,
    now: datetime,
    view: str = "",
    page: str = "",
    per_page: int = PAGE_ROWS,
    chosen: int | None = None,
) -> Queue:
    """What waits for a decision, a page of it; six queries, whatever their number.

    Without `page` it is the one that lists `chosen`, else the first. Each request has
    `past_asked`, `past_granted` and `past_rejected` of its tenant, and `offered_at`.
    """
    entries = _entries(viewer, now)
    listed = _listed(entries, viewer, now, view, page, per_page, chosen)
    ids = list(listed.object_list)
    wanted = {*ids, *([chosen] if chosen is not None else [])}
    found = list(_open_or_decided(viewer, now, wanted)[: len(wanted) + MOST_DECIDED])
    requests = [request for request in found if request.state in OPEN_STATES]
    decided = [request for request in found if request.state not in OPEN_STATES]
    names = {str(request.ask.get("pool")) for request in requests}
    pools = {pool.name: pool for pool in Pool.objects.filter(name__in=names)}
    pairs = [
        (request.tenant_id, pools[request.ask["pool"]].pk)
        for request in requests
        if request.kind == RequestKind.ALLOCATION and request.ask["pool"] in pools
    ]
    for_open = any(is_open(request.ask) for request in requests)
    snapshots = snapshots_build(pairs=pairs, pools=pools.values(), for_open=for_open)
    made = {row.pk: _row(row, pools, snapshots, viewer, now) for row in requests}
    decided.sort(key=lambda request: request.decided_at or now, reverse=True)
    rows = [made.pop(request_id) for request_id in ids if request_id in made]
    apart = made.get(chosen) if chosen is not None else None
    return Queue(entries, listed, rows, apart, decided[:MOST_DECIDED], snapshots, pools)


def _entries(viewer: Viewer, now: datetime) -> list[QueueEntry]:
    rows = requests_open(viewer).order_by("deadline_at", "id")
    names = ("id", "state", "claimed_by_id", "deadline_at")
    return [QueueEntry(*values) for values in rows.values_list(*names)]


def _listed(
    entries: list[QueueEntry],
    viewer: Viewer,
    now: datetime,
    view: str,
    page: str,
    per_page: int,
    chosen: int | None,
) -> Page[int]:
    seen = entries_of(entries, view=view, user_id=viewer.user_id, now=now)
    ids = [entry.id for entry in seen]
    holds = ids.index(chosen) // per_page + 1 if chosen in ids else 1
    return Paginator(ids, per_page).get_page(page or holds)


def queue_beside(*, viewer: Viewer, now: datetime, view: str, request_id: int) -> int | None:
    """The one after a request in the order of a view; the one before it where it is the last.

    Requests whose offer waits for the tenant's answer are passed over.
    """
    seen = entries_of(_entries(viewer, now), view=view, user_id=viewer.user_id, now=now)
    ids = [
        entry.id
        for entry in seen
        if entry.state != RequestState.COUNTERED or entry.id == request_id
    ]
    if request_id not in ids:
        return None
    place = ids.index(request_id)
    beside = [*ids[place + 1 : place + 2], *ids[max(0, place - 1) : place]]
    return next(iter(beside), None)


def requests_open(viewer: Viewer, tenant_key: str | None = None) -> CapacityRequestQuerySet:
    """Requests that wait for a decision, of one tenant or of all; the navigation counts them."""
    rows = CapacityRequest.objects.visible_to(viewer).filter(state__in=OPEN_STATES)
    return rows.filter(tenant_id=tenant_key) if tenant_key else rows


def pools_free(queue: Queue, leading: Mapping[str, str]) -> list[PoolFree]:
    """Free now in the pools that the queue asks for; `leading` names each pool's resource."""
    found: dict[str, PoolFree] = {}
    by_id = {pool.pk: pool for pool in queue.pools.values()}
    for (_tenant, pool_id), dated in queue.snapshots.items():
        name = by_id[pool_id].name
        if name not in found:
            found[name] = _free(dated, name, leading.get(name, "cpu"))
    return [found[name] for name in sorted(found)]


def _free(dated: DatedSnapshot, pool: str, resource: str) -> PoolFree:
    away = {view.name for view in dated.snapshot.clusters if view.blocker}
    nodes = [n for n in dated.snapshot.nodes if not n.blockers and n.cluster not in away]
    free = [max(0, node.free.get(resource, 0)) for node in nodes]
    usable = [node.allocatable.get(resource, 0) for node in nodes]
    whole = sum(f == u > 0 for f, u in zip(free, usable, strict=True))
    return PoolFree(pool, resource, sum(free), sum(usable), whole)


def _open_or_decided(viewer: Viewer, now: datetime, ids: set[int]) -> QuerySet[CapacityRequest]:
    """Open ones of these ids first, least time left on top, then the latest decisions."""
    lately = Q(state__in=DECIDED_STATES, decided_at__gte=now - timedelta(days=1))
    rows = request_list(viewer=viewer, now=now).filter(
        Q(pk__in=ids, state__in=OPEN_STATES) | lately
    )
    past = CapacityRequest.objects.filter(tenant_id=OuterRef("tenant_id"))
    counted = {
        "past_asked": past.exclude(state=RequestState.DRAFT),
        "past_granted": past.filter(state=RequestState.APPROVED),
        "past_rejected": past.filter(state=RequestState.REJECTED),
    }
    still = Case(When(state__in=OPEN_STATES, then=Value(0)), default=Value(1))
    left = Case(When(state__in=OPEN_STATES, then="deadline_at"))
    counts = {name: SubqueryCount(of) for name, of in counted.items()}
    offers = RequestEvent.objects.filter(request=OuterRef("pk"), verb="counter").order_by("-id")
    offered = Subquery(offers.values("at")[:1])
    ordered = rows.annotate(**counts, offered_at=offered, closed=still).order_by(
        "closed", left, "-decided_at", "id"
    )
    return cast("QuerySet[CapacityRequest]", ordered)


class SubqueryCount(Subquery):
    """How many rows a correlated query has."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def _row(
    request: CapacityRequest,
    pools: Mapping[str, Pool],
    snapshots: Mapping[tuple[str, int], DatedSnapshot],
    viewer: Viewer,
    now: datetime,
) -> QueueRow:
    terms = request_terms(request)
    shown: Mapping[str, Any] = request.preview_at_submit or {}
    pool = pools.get(str(terms.ask.get("pool")))
    if request.kind != RequestKind.ALLOCATION or pool is None:
        return QueueRow(request, terms, str(shown.get("verdict", "")), None, None)
    dated = snapshots[request.tenant_id, pool.pk]
    ask = ask_build(
        request.tenant_id,
        terms.ask["replicas"],
        terms.ask["shape"],
        cluster=terms.ask.get("cluster") or None,
        is_open=is_open(terms.ask),
    )
    seen = preview_of(snapshot=dated.snapshot, ask=ask, pool=pool, viewer=viewer, heard=dated.heard)
    fresh = allocation_preview(seen, terms=terms, limits=None, now=now)
    preview = _with_rule(fresh, shown)
    return QueueRow(request, terms, str(preview.verdict), preview, ask)


def _with_rule(preview: RequestPreview, shown: Mapping[str, Any]) -> RequestPreview:
    """Why no rule approved it was found out when it was submitted, and does not change."""
    lines = tuple(RuleLine(**line) for line in shown.get("rule_lines", ()))
    return preview.with_rule(RuleAnswer(shown.get("rule", ""), lines))
