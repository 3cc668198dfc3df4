"""What tenants below one have, for the lists of a tenant that has nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Subquery
from django.http import HttpRequest
from django.urls import reverse

from portal.pages import viewer_of
from portal.ui.shell import titles_of
from portal.ui.tables import BerthTable
from scheduling.models import QuotaNode

MOST = 20


@dataclass(frozen=True, slots=True)
class Below:
    """A tenant below with its own list: where that is, and how much stands on it."""

    key: str
    title: str
    url: str
    words: str


def below_shown(
    table: BerthTable,
    rows: Any,
    *,
    request: HttpRequest,
    tenant_key: str,
    field: str,
    title: str,
    url_name: str,
    words: Callable[[int], str],
) -> list[Below]:
    """Tenants below with rows of their own, where the tenant's unfiltered list is empty.

    At most 20, those with most rows. `rows` are all that the viewer sees, `field` names their
    tenant; `title` is then the list's.
    """
    if table.paginator.count or request.GET:
        return []
    above = QuotaNode.objects.filter(tenant_key=tenant_key).values("path")[:1]
    branch = QuotaNode.objects.filter(path__startswith=Subquery(above)).values("tenant_key")
    found = rows.filter(**{f"{field}__in": branch}).order_by().values(field)
    most = found.annotate(n=Count("pk")).order_by("-n", field)[:MOST]
    counts = dict(most.values_list(field, "n"))
    if counts:
        table.empty = replace(table.empty, title=title)
    titles = titles_of(viewer_of(request), counts) if counts else {}
    return [
        Below(key, titles[key], reverse(url_name, args=[key]), words(count))
        for key, count in counts.items()
    ]
