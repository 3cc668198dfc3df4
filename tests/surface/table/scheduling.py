"""Addresses of scheduling: homes, quota, allocations, differences."""

from __future__ import annotations

from tests.surface.kit import (
    ANY_TEAM,
    MEMBERS_WRITE,
    OPERATORS_DECIDE,
    OPERATORS_READ,
    PLATFORM_READS,
    PLATFORM_WRITES,
    TEAM_READS,
    Row,
)

TENANT = {"tenant_key": "tenant"}
ONE = TENANT | {"allocation_id": "allocation"}
EDIT = {
    "tenant": "{tenant}",
    "pool": "{pool}",
    "resource": "{device}",
    "guaranteed": 9,
    "generation": "{generation}",
}
RELEASE = {"ids": "{allocation}", "sure": "release", "why": "done"}

ROWS = [
    Row("ops_home", get=PLATFORM_READS),
    Row(
        "allocation_all", get=PLATFORM_READS, query={"tenant": "{tenant}", "search": "{allocation}"}
    ),
    Row("drift_list", get=PLATFORM_READS, query={"tenant": "{tenant}"}),
    Row("allocation_release_any", post=PLATFORM_WRITES, send=RELEASE),
    Row("drift_choose_many", post=PLATFORM_WRITES, send={"ids": "{drift}", "sure": "accept"}),
    Row("drift_choose", {"drift_id": "drift"}, post=PLATFORM_WRITES, send={"choice": "accept"}),
    Row("quota_grid", get=PLATFORM_READS, post=PLATFORM_WRITES, query={"pool": "{pool}"}),
    Row("quota_effect", post=PLATFORM_WRITES, done=(200, 422)),
    Row("quota_history", {"quota_id": "quota"}, get=PLATFORM_READS),
    Row("allocation_list", TENANT, get=TEAM_READS, query={"search": "{allocation}"}),
    Row("allocation_release_many", TENANT, post=MEMBERS_WRITE, send=RELEASE),
    Row("allocation_page", ONE, get=TEAM_READS),
    Row("allocation_kubeconfig", TENANT | {"allocation_id": "opened_allocation"}, get=TEAM_READS),
    Row("allocation_release", ONE, get=MEMBERS_WRITE, post=MEMBERS_WRITE, send={"why": "done"}),
    Row("allocation_replace", ONE, get=MEMBERS_WRITE, post=MEMBERS_WRITE, send={"why": "lost"}),
    Row("quota_own", TENANT, get=TEAM_READS),
    Row("quota_panel", TENANT, get=TEAM_READS),
    Row("tenant_now_panel", TENANT, get=MEMBERS_WRITE),
    Row("tenant_quota_panel", TENANT, get=TEAM_READS),
    Row("tenant_held_panel", TENANT, get=TEAM_READS),
    # REST
    Row(
        "api-allocation-list", get=ANY_TEAM, query={"tenant": "{tenant}", "search": "{allocation}"}
    ),
    Row("api-allocation-detail", {"pk": "allocation"}, get=TEAM_READS),
    Row("api-allocation-decisions", {"pk": "allocation"}, get=TEAM_READS),
    Row("api-allocation-kubeconfig", {"pk": "opened_allocation"}, get=TEAM_READS),
    Row("api-allocation-release", {"pk": "allocation"}, post=MEMBERS_WRITE, send={"reason": "x"}),
    Row("api-allocation-replace", {"pk": "allocation"}, post=MEMBERS_WRITE, send={"reason": "x"}),
    Row("api-drift-list", get=PLATFORM_READS, query={"tenant": "{tenant}"}),
    Row("api-drift-detail", {"pk": "drift"}, get=OPERATORS_READ),
    Row("api-drift-choose", {"pk": "drift"}, post=OPERATORS_DECIDE, send={"choice": "accept"}),
    Row("api-quota-list", get=ANY_TEAM, query={"tenant": "{tenant}", "pool": "{pool}"}),
    Row("api-quota-detail", {"pk": "quota"}, get=TEAM_READS),
    Row("api-quota-changes", {"pk": "quota"}, get=TEAM_READS),
    Row("api-quota-ledger", {"pk": "quota"}, get=TEAM_READS),
    Row("api-quota-set", post=PLATFORM_WRITES, send={"why": "Plan", "edits": [EDIT]}),
]
