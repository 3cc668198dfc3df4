"""What jobs register with the rest of the chassis: topics, acts, notices, navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.act_objects import ObjectPage, object_pages_register
from portal.acts import acts_register
from portal.jobs.found import JOBS
from portal.jobs.notices import PARKED
from portal.jobs.topics import topics_register
from portal.notices.kinds import register as notice_register
from portal.search.kinds import search_register
from portal.ui.nav import NavItem, nav_register


def registrations_make() -> None:
    """Register; called once, from the chassis' own registrations."""
    topics_register()
    search_register(JOBS)
    notice_register(PARKED)
    acts_register(
        {
            "job.cancel": _("Stop of the job asked for"),
            "job.resume": _("Parked job taken up again"),
            "job.retry": _("Job tried again"),
        },
        {"job": _("Job")},
    )
    object_pages_register({"job": ObjectPage("job_page", "job.view", sign="J-")})
    nav_register(
        NavItem(
            label=pgettext_lazy("of Berth", "Jobs"),
            url_name="job_list",
            icon="list-check",
            area="ops",
            verb="job.view",
            group=_("Work"),
            order=32,
            letter="j",
            on_phone=True,
        ),
        NavItem(
            label=pgettext_lazy("of Berth", "Jobs"),
            url_name="tenant_job_list",
            icon="list-check",
            area="tenant",
            verb="job.view",
            order=34,
            letter="j",
            also=("job_list",),
        ),
    )
