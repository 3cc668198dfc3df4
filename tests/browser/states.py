"""Pages in the states that a working day seldom shows: empty, stale, forbidden.

Loading and failing are no rows: every page that fetches a part is looked at while it waits for it
and after it was refused (tests/browser/sweep.py).
"""

from __future__ import annotations

from dataclasses import replace

from tests.browser.catalogue import MEMBER, OWNER, PAGES, Row, T

# Before anything exists but people and tenants.
_FIRST_DAY = {
    "operator": {
        "ops_home": "/ops/",
        "cluster_list": "/ops/clusters/",
        "cluster_new": "/ops/clusters/new/",
        "node_list": "/ops/nodes/",
        "pool_list": "/ops/pools/",
        "pool_new": "/ops/pools/new/",
        "device_list": "/ops/devices/types/",
        "mapping_new": "/ops/devices/mappings/new/",
        "quota_grid": "/ops/quota/",
        "request_queue": "/ops/queue/",
        "allocation_all": "/ops/allocations/",
        "drift_list": "/ops/drift/",
        "job_list": "/jobs/",
        "audit_list": "/ops/audit/?actor=nobody-at-all",
        "user_list": "/ops/users/?search=nobody-at-all",
        "tenant_list": "/ops/tenants/?search=nothing-like-it",
        "tenant_page": "/ops/tenants/vision/",
        "tenant_limits": "/ops/tenants/vision/limits/",
        "platform_token_list": "/ops/tokens/",
    },
    "alice": {
        "tenant_home": f"{T}/",
        "tenant_activity": f"{T}/activity/",
        "tenant_job_list": f"{T}/jobs/",
        "quota_own": f"{T}/quota/",
        "allocation_list": f"{T}/allocations/",
        "member_list": f"{T}/members/",
        "request_list": f"{T}/requests/",
        "request_new": f"{T}/requests/new/",
        "token_list": f"{T}/tokens/",
        "token_new": f"{T}/tokens/new/",
        "notice_list": "/settings/notices/",
        "saved_view_list": "/settings/views/",
        "search": "/search/?q=nothing-like-it",
    },
}
TABS = ("quota", "held", "requests", "members", "activity")
EMPTY: tuple[Row, ...] = (
    *(
        Row(route, who, path, "empty")
        for who, pages in _FIRST_DAY.items()
        for route, path in pages.items()
    ),
    *(
        Row("tenant_tab", "operator", f"/ops/tenants/vision/see/{tab}/", f"{tab}-empty")
        for tab in TABS
    ),
    Row("request_new", "alice", f"{T}/requests/new/?kind=quota", "quota-empty"),
    Row("request_new", "alice", f"{T}/requests/new/?kind=renew", "renew-empty"),
)

# Pages that show facts of clusters, while no cluster has been heard for hours.
FACTS = frozenset(
    {
        "ops_home",
        "cluster_list",
        "cluster_page",
        "cluster_setup",
        "node_list",
        "node_page",
        "pool_list",
        "pool_page",
        "device_list",
        "quota_grid",
        "queue_one",
        "request_queue",
        "allocation_all",
        "allocation_page",
        "job_page",
        "tenant_home",
        "tenant_page",
        "quota_own",
        "allocation_list",
        "request_new",
        "request_page",
    }
)
STALE: tuple[Row, ...] = tuple(
    replace(row, tag=f"{row.tag}-stale".removeprefix("-"))
    for row in PAGES
    if row.route in FACTS and row.status == 200
)

# Bob is a viewer of vision: neither an operator nor somebody who may ask.
_FORMS = frozenset(
    {
        "tenant_edit",
        "tenant_below",
        "member_page",
        "token_list",
        "token_new",
        "request_new",
        "request_edit",
        "allocation_release",
        "allocation_replace",
    }
)
FORBIDDEN: tuple[Row, ...] = tuple(
    Row(row.route, "bob", row.path, f"{row.tag}-forbidden".removeprefix("-"), 403)
    for row in PAGES
    if row.path.startswith("/ops/") and row.who == "operator"
) + tuple(
    Row(row.route, "bob", row.path, f"{row.tag}-forbidden".removeprefix("-"), 403)
    for row in (*OWNER, *MEMBER)
    if row.route in _FORMS
)
