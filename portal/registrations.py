"""What the chassis registers with itself at start: one place to see all of it."""

from __future__ import annotations

from portal.audit_pages import registrations as audit
from portal.health_checks import checks_register
from portal.jobs import periodic
from portal.jobs import registrations as jobs
from portal.jobs.retention import EVERY_SECONDS, jobs_trim
from portal.notices.inbox import notices_unread
from portal.saved_views.keep import views_listed
from portal.tasks import PING_SECONDS, workers_ping
from portal.trim import chassis_trim
from portal.ui.shell import shell_register


def registrations_make() -> None:
    """Register; called once, from `ready`."""
    checks_register()
    jobs.registrations_make()
    audit.registrations_make()
    periodic.register(name="workers-ping", every_seconds=PING_SECONDS, run=workers_ping)
    periodic.register(name="jobs-trim", every_seconds=EVERY_SECONDS, run=jobs_trim)
    periodic.register(name="chassis-trim", every_seconds=600, run=chassis_trim)
    shell_register(bell_rows=notices_unread, bell_url_name="notice_list")
    shell_register(saved_rows=views_listed, saved_url_name="saved_view_list")
