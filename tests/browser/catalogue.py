"""Every page of Berth: by route, as whom, at which address. What is no page says why.

`tests/browser/test_routes.py` compares this with the program's own addresses, so a new route
without a row fails there. How pages look on the first day, with silent clusters and where they
are forbidden stands in `states.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A page to look at: route, who opens it, address (words in braces stand for the world)."""

    route: str
    who: str
    path: str
    tag: str = ""
    status: int = 200

    @property
    def name(self) -> str:
        """File name of its pictures."""
        return f"{self.route}-{self.tag}" if self.tag else self.route


T = "/t/vision"
ASK = "pool=h100&replicas=2&devices=4&cores=16&memory=128&name=train-2"

FLEET = (
    Row("ops_home", "operator", "/ops/"),
    Row("cluster_list", "operator", "/ops/clusters/"),
    Row("cluster_new", "operator", "/ops/clusters/new/"),
    Row("cluster_page", "operator", "/ops/clusters/ams-1/"),
    Row("cluster_page", "operator", "/ops/clusters/lab-3/", "silent"),
    Row("cluster_page", "operator", "/ops/clusters/osl-4/", "expired"),
    Row("cluster_setup", "operator", "/ops/clusters/ams-1/setup/"),
    Row("cluster_setup", "operator", "/ops/clusters/waw-5/setup/", "pending"),
    Row("cluster_edit", "operator", "/ops/clusters/ams-1/edit/"),
    Row("cluster_rotate", "operator", "/ops/clusters/ams-1/rotate/"),
    Row("cluster_pause", "operator", "/ops/clusters/ams-1/pause/"),
    Row("cluster_remove", "operator", "/ops/clusters/ams-1/remove/"),
    Row("node_list", "operator", "/ops/nodes/"),
    Row("node_list", "operator", "/ops/nodes/?search=nothing-like-it", "filtered-away"),
    Row("node_page", "operator", "/ops/nodes/ams-1/ams1-h100-01/"),
    Row("node_page", "operator", "/ops/nodes/lab-3/lab3-a100-2/", "silent"),
    Row("pool_list", "operator", "/ops/pools/"),
    Row("pool_new", "operator", "/ops/pools/new/"),
    Row("pool_page", "operator", "/ops/pools/h100/"),
    Row("device_list", "operator", "/ops/devices/types/"),
    Row("device_type_new", "operator", "/ops/devices/types/new/"),
    Row("mapping_new", "operator", "/ops/devices/mappings/new/"),
)
PEOPLE = (
    Row("tenant_list", "operator", "/ops/tenants/"),
    Row("tenant_new", "operator", "/ops/tenants/new/"),
    Row("tenant_page", "operator", "/ops/tenants/vision/"),
    *(
        Row("tenant_tab", "operator", f"/ops/tenants/vision/see/{tab}/", tab)
        for tab in ("quota", "held", "requests", "members", "activity")
    ),
    Row("tenant_limits", "operator", "/ops/tenants/vision/limits/"),
    Row("tenant_move", "operator", "/ops/tenants/vision/move/"),
    Row("tenant_archive", "operator", "/ops/tenants/forecast/archive/"),
    Row("user_list", "operator", "/ops/users/"),
    Row("user_new", "operator", "/ops/users/new/"),
    Row("user_page", "operator", "/ops/users/{user}/"),
    Row("platform_token_list", "operator", "/ops/tokens/"),
    Row("platform_token_new", "operator", "/ops/tokens/new/"),
)
WORK = (
    Row("quota_grid", "operator", "/ops/quota/"),
    Row("quota_grid", "operator", "/ops/quota/?pool=h100", "pool"),
    Row("quota_history", "operator", "/ops/quota/{quota_row}/"),
    Row("request_queue", "operator", "/ops/queue/"),
    Row("queue_one", "operator", "/ops/queue/{waiting}/"),
    Row("queue_one", "operator", "/ops/queue/{quota}/", "quota"),
    Row("queue_one", "operator", "/ops/queue/{own}/", "own"),
    Row("allocation_all", "operator", "/ops/allocations/"),
    Row("drift_list", "operator", "/ops/drift/"),
    Row("job_list", "operator", "/jobs/"),
    Row("job_page", "operator", "/jobs/{job}/"),
    Row("job_page", "operator", "/jobs/{job_parked}/", "parked"),
    Row("job_page", "operator", "/jobs/{job_failed}/", "failed"),
    Row("audit_list", "operator", "/ops/audit/"),
    Row("notice_list", "operator", "/settings/notices/"),
    Row("saved_view_list", "operator", "/settings/views/"),
    Row("ops_home", "auditor", "/ops/", "auditor"),
    Row("audit_list", "auditor", "/ops/audit/", "auditor"),
    Row("request_queue", "auditor", "/ops/queue/", "auditor"),
)
OWNER = (
    Row("tenant_home", "alice", f"{T}/"),
    Row("tenant_edit", "alice", f"{T}/edit/"),
    Row("tenant_below", "alice", f"{T}/below/"),
    Row("tenant_activity", "alice", f"{T}/activity/"),
    Row("member_list", "alice", f"{T}/members/"),
    Row("member_page", "alice", T + "/members/{user}/"),
    Row("token_list", "alice", f"{T}/tokens/"),
    Row("token_new", "alice", f"{T}/tokens/new/"),
    Row("request_page", "alice", T + "/requests/{approved}/", "approved"),
    Row("request_page", "alice", T + "/requests/{rejected}/", "rejected"),
    Row("request_page", "alice", T + "/requests/{quota}/", "quota"),
    Row("request_page", "alice", T + "/requests/{renewal}/", "renewal"),
    Row("settings", "alice", "/settings/"),
)
MEMBER = (
    Row("quota_own", "member", f"{T}/quota/"),
    Row("allocation_list", "member", f"{T}/allocations/"),
    *(
        Row("allocation_page", "member", f"{T}/allocations/{{{name}_allocation}}/", name)
        for name in ("active", "coming", "waiting", "opened", "failed")
    ),
    Row("allocation_release", "member", T + "/allocations/{active_allocation}/release/"),
    Row("allocation_replace", "member", T + "/allocations/{active_allocation}/replace/"),
    Row("tenant_job_list", "member", f"{T}/jobs/"),
    Row("job_page", "member", "/jobs/{job}/", "member"),
    Row("request_list", "member", f"{T}/requests/"),
    Row("request_new", "member", f"{T}/requests/new/?{ASK}"),
    Row("request_new", "member", f"{T}/requests/new/", "blank"),
    Row("request_new", "member", f"{T}/requests/new/?kind=quota", "quota"),
    Row("request_new", "member", f"{T}/requests/new/?kind=renew", "renew"),
    Row("request_edit", "member", T + "/requests/{draft}/edit/"),
    Row("request_page", "member", T + "/requests/{waiting}/"),
    Row("request_page", "member", T + "/requests/{offered}/", "offered"),
    Row("notice_list", "member", "/settings/notices/", "member"),
)
ACCOUNT = (
    Row("account_login", "nobody", "/accounts/login/"),
    Row("account_logout", "alice", "/accounts/logout/"),
    Row("account_inactive", "nobody", "/accounts/inactive/"),
    Row("account_signup", "nobody", "/accounts/signup/"),
    Row("account_email", "alice", "/accounts/email/"),
    Row("account_change_password", "alice", "/accounts/password/change/"),
    Row("account_reset_password", "nobody", "/accounts/password/reset/"),
    Row("account_reset_password_done", "nobody", "/accounts/password/reset/done/"),
    Row("account_reset_password_from_key_done", "nobody", "/accounts/password/reset/key/done/"),
    Row("account_reset_password_from_key", "nobody", "/accounts/password/reset/key/2-nothing/"),
    Row("account_reauthenticate", "alice", "/accounts/reauthenticate/"),
    Row("mfa_index", "alice", "/accounts/2fa/"),
    Row("mfa_index", "guarded", "/accounts/2fa/", "on"),
    Row("mfa_authenticate", "halfway", "/accounts/2fa/authenticate/"),
    Row("account_reauthenticate", "guarded", "/accounts/reauthenticate/", "guarded"),
    Row("mfa_reauthenticate", "guarded", "/accounts/2fa/reauthenticate/"),
    Row("mfa_activate_totp", "confirmed", "/accounts/2fa/totp/activate/"),
    Row("mfa_deactivate_totp", "guarded", "/accounts/2fa/totp/deactivate/"),
    Row("mfa_view_recovery_codes", "guarded", "/accounts/2fa/recovery-codes/"),
    Row("mfa_generate_recovery_codes", "guarded", "/accounts/2fa/recovery-codes/generate/"),
    Row("socialaccount_connections", "confirmed", "/accounts/3rdparty/"),
    Row("socialaccount_login_cancelled", "nobody", "/accounts/3rdparty/login/cancelled/"),
    Row("socialaccount_login_error", "nobody", "/accounts/3rdparty/login/error/", "", 401),
)
OTHERS = (
    Row("tenant_home", "bob", f"{T}/", "viewer"),
    Row("allocation_page", "bob", T + "/allocations/{active_allocation}/", "viewer"),
    Row("member_list", "bob", f"{T}/members/", "viewer"),
    Row("ops_home", "bob", "/ops/", "forbidden", 403),
    Row("request_page", "bob", "/t/speech/requests/{rival}/", "not-found", 404),
    Row("api_docs", "alice", "/api/docs/"),
    Row("search", "operator", "/search/?q=ams"),
    Row("search", "member", "/search/?q=nothing-like-it", "none"),
)

GROUPS: dict[str, tuple[Row, ...]] = {
    "fleet": FLEET,
    "people": PEOPLE,
    "work": WORK,
    "owner": OWNER,
    "member": MEMBER,
    "account": ACCOUNT,
    "others": OTHERS,
}
PAGES: tuple[Row, ...] = tuple(row for rows in GROUPS.values() for row in rows)

# Fragments and acts belong to the pages that use them; their own tests look at them.
NO_PAGES: dict[str, str] = {
    "home": "sends everybody to a home of theirs",
    "favicon": "a file",
    "search_quick": "fragment",
    "live": "health",
    "ready": "health",
    "deep": "health",
    "csp_report": "browsers post reports here",
    "account_email_verification_sent": "e-mail addresses are not verified",
    "account_confirm_email": "e-mail addresses are not verified",
    "account_set_password": "sends on to changing it: every local account has one",
    "account_confirm_login_code": "signing in by code is off",
    "mfa_download_recovery_codes": "a file",
    "socialaccount_signup": "needs an answer of an identity provider",
    "openid_connect_login": "sends on to the identity provider",
    "openid_connect_callback": "answers the identity provider",
    "cluster_by_id": "sends on to cluster_page",
    "cluster_nodes": "fragment",
    "cluster_test": "act",
    "cluster_resume": "act",
    "pool_preview": "fragment",
    "pool_move": "act",
    "pool_delete": "act",
    "mapping_delete": "act",
    "drift_choose": "act",
    "drift_choose_many": "act",
    "allocation_release_any": "act",
    "allocation_release_many": "act",
    "token_revoke_many": "act",
    "platform_token_revoke_many": "act",
    "saved_view_rename": "act",
    "saved_view_delete": "act",
    "quota_effect": "fragment",
    "quota_panel": "fragment",
    "tenant_restore": "act",
    "user_role": "act",
    "user_switch": "act",
    "platform_token_rotate": "act",
    "platform_token_revoke": "act",
    "platform_token_switch": "act",
    "queue_claim": "act",
    "queue_approve": "act",
    "queue_counter": "act",
    "queue_reject": "act",
    "allocation_kubeconfig": "a file",
    "tenant_now_panel": "fragment",
    "tenant_quota_panel": "fragment",
    "tenant_held_panel": "fragment",
    "tenant_activity_panel": "fragment",
    "member_panel": "fragment",
    "member_role": "act",
    "member_remove": "act",
    "token_rotate": "act",
    "token_revoke": "act",
    "token_switch": "act",
    "queue_panel": "fragment",
    "request_panel": "fragment",
    "request_preview": "fragment",
    "request_draft": "fragment",
    "request_devices": "fragment",
    "request_now": "fragment",
    "request_accept": "act",
    "request_decline": "act",
    "request_withdraw": "act",
    "demo_sign_in": "act",
    "set_language": "act",
    "theme_set": "act",
    "ops_counts": "fragment",
    "tenant_counts": "fragment",
    "job_part": "fragment",
    "job_cancel": "act",
    "job_retry": "act",
    "notice_read_all": "act",
    "notice_choices": "act",
    "notice_open": "act: marks as read and sends on",
}
