"""/jobs/: what runs, ran and waits."""

from __future__ import annotations

from typing import ClassVar, cast

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.bodies import NoFields
from portal.api.resources import ListMixin, ResourceViewSet, RetrieveMixin
from portal.jobs.api.serializers import JobDetailOut, JobOut
from portal.jobs.filters import JobApiFilter
from portal.jobs.requests import job_cancel, job_retry
from portal.models.jobs import JobRun


class JobViewSet(ListMixin, RetrieveMixin, ResourceViewSet):
    """Durable jobs with their steps."""

    verbs: ClassVar = {
        "list": "job.view",
        "retrieve": "job.view",
        "cancel": "job.control",
        "retry": "job.control",
    }
    serializer_in, serializer_out = NoFields, JobOut
    serializers_out: ClassVar = {"retrieve": JobDetailOut}
    success_statuses: ClassVar = {"cancel": 202, "retry": 202}
    filterset_class = JobApiFilter
    lookup_field = "pk"
    tenant_field = "tenant_key"

    def visible(self) -> QuerySet[JobRun]:
        """Jobs of tenants that the viewer sees."""
        return cast("QuerySet[JobRun]", JobRun.objects.visible_to(self.viewer))

    @action(methods=["post"], detail=True)
    def cancel(self, request: Request, **_names: str) -> Response:
        """Stop it where stopping is safe; what it did is undone. 409 where it can't be stopped."""
        job = cast(JobRun, self.get_object())
        job_cancel(job=job, viewer=self.viewer)
        job.refresh_from_db()
        return self.accepted(job)

    @action(methods=["post"], detail=True)
    def retry(self, request: Request, **_names: str) -> Response:
        """Try again: a new job linked to this one, or this one where it was parked."""
        again = job_retry(job=cast(JobRun, self.get_object()), viewer=self.viewer)
        again.refresh_from_db()
        return self.accepted(again)
