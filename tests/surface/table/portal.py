"""Addresses of the chassis: the way in, jobs, notices, the audit log, documents."""

from __future__ import annotations

from tests.surface.kit import (
    ANY_TEAM,
    EVERYONE,
    EVERYONE_SIGNED_IN,
    MEMBERS_WRITE,
    ONE_PERSON,
    PERSONAL,
    PLATFORM_READS,
    TEAM_READS,
    Row,
)

ALL_READ = {"items": [{"kind": "member.added", "bell": True, "email": False}]}
JOBS_VIEW = {"name": "Failed", "path": "/jobs/", "query": "state=failed"}

ROWS = [
    Row("home", get=EVERYONE_SIGNED_IN),
    Row("live", get=EVERYONE),
    # Where the machine is slow, a check may not be over in time: then it is not ready.
    Row("ready", get=EVERYONE, done=(200, 503)),
    Row("deep", get=EVERYONE, done=(200, 503)),
    Row("favicon", get=EVERYONE),
    Row("csp_report", post=EVERYONE),
    # Django's own view: it redirects whatever the method is, and changes something by POST alone.
    Row(
        "set_language",
        get=EVERYONE,
        post=EVERYONE,
        put=EVERYONE,
        patch=EVERYONE,
        delete=EVERYONE,
        send={"language": "en", "next": "/"},
        safe=(302, 302),
    ),
    Row("theme_set", post=EVERYONE, send={"theme": "dark"}),
    Row("ops_counts", get=EVERYONE_SIGNED_IN),
    Row("tenant_counts", {"tenant_key": "tenant"}, get=TEAM_READS),
    Row("api_schema", get=EVERYONE, safe=(200, 200)),
    Row("api_docs", get=EVERYONE, safe=(200, 405)),
    # search: everybody finds what they may open
    Row("search", get=EVERYONE_SIGNED_IN, query={"q": "{tenant}"}),
    Row("search_quick", get=EVERYONE_SIGNED_IN, query={"q": "{username}"}),
    Row("api_search", get=ANY_TEAM, query={"q": "{tenant}"}),
    # jobs
    Row("job_list", get=EVERYONE_SIGNED_IN, query={"tenant": "{tenant}"}),
    Row("job_page", {"job_id": "job"}, get=TEAM_READS),
    Row("job_part", {"job_id": "job"}, get=TEAM_READS),
    Row("job_cancel", {"job_id": "coming_job"}, post=MEMBERS_WRITE),
    Row("job_retry", {"job_id": "parked_job"}, post=MEMBERS_WRITE),
    Row("tenant_job_list", {"tenant_key": "tenant"}, get=TEAM_READS),
    Row("api-job-list", get=ANY_TEAM, query={"tenant": "{tenant}"}),
    Row("api-job-detail", {"pk": "job"}, get=TEAM_READS),
    Row("api-job-cancel", {"pk": "coming_job"}, post=MEMBERS_WRITE),
    Row("api-job-retry", {"pk": "parked_job"}, post=MEMBERS_WRITE),
    # notices
    Row("notice_list", get=EVERYONE_SIGNED_IN),
    Row("notice_read_all", post=EVERYONE_SIGNED_IN, send={"up_to": "{notice}"}),
    Row("notice_choices", post=EVERYONE_SIGNED_IN, send={}),
    Row("notice_open", {"notice_id": "notice"}, post=ONE_PERSON),
    Row("api_notice-list", get=PERSONAL),
    Row("api_notice-read", {"pk": "notice"}, post=ONE_PERSON),
    Row(
        "api_notice-read-all",
        post=PERSONAL,
        send={"up_to": "{notice}"},
        open_ids=("notice",),  # a number up to which one's own are marked; it names none
    ),
    Row("api_notice_preferences", get=PERSONAL, put=PERSONAL, send=ALL_READ),
    # saved views
    Row("saved_view_list", get=EVERYONE_SIGNED_IN, post=EVERYONE_SIGNED_IN, send=JOBS_VIEW),
    Row("saved_view_rename", {"view_id": "saved_view"}, post=ONE_PERSON, send={"name": "Mine"}),
    Row("saved_view_delete", {"view_id": "saved_view"}, post=ONE_PERSON),
    Row("api_saved_view-list", get=PERSONAL, post=PERSONAL, send=JOBS_VIEW),
    Row(
        "api_saved_view-detail",
        {"pk": "saved_view"},
        patch=ONE_PERSON,
        delete=ONE_PERSON,
        send={"name": "Mine"},
    ),
    # audit
    Row("audit_list", get=PLATFORM_READS, query={"tenant": "{tenant}", "before": "{audit}"}),
    Row(
        "api-audit-list",
        get=ANY_TEAM,
        query={"tenant": "{tenant}", "target_id": "{allocation}", "actor": "{username}"},
    ),
    Row("api-audit-chains", get=ANY_TEAM),
    Row("api-audit-detail", {"pk": "audit"}, get=TEAM_READS),
]
