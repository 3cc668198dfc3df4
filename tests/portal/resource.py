"""A resource made of the base classes, over rows of jobs, and pages that go wrong."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from portal import audit, live
from portal.api.fields import AmountsField, KeyField, NameField, StrictIntegerField, TextField
from portal.api.resources import (
    CreateMixin,
    DestroyMixin,
    ListMixin,
    ResourceViewSet,
    RetrieveMixin,
    UpdateMixin,
)
from portal.errors import Conflict, Refused, Unavailable
from portal.models import JobRun
from portal.refusal import RULES, Refusal, rule_register
from portal.urls import urlpatterns as all_urlpatterns

if "test-rule" not in RULES:
    rule_register("test-rule", "The test's rule")


class BerthIn(serializers.Serializer[Any]):
    tenant = KeyField(required=False)
    name = NameField()
    count = StrictIntegerField(least=0, most=2**31 - 1)
    amounts = AmountsField(required=False)
    text = TextField(required=False)


class BerthOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    tenant = serializers.CharField(source="tenant_key")
    name = serializers.CharField(source="key")
    count = serializers.IntegerField(source="failures")


class BerthFilter(django_filters.FilterSet):
    class Meta:
        model = JobRun
        fields: ClassVar = {"key": ["exact"], "failures": ["exact", "gt"]}


class BerthViewSet(
    ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, ResourceViewSet
):
    verbs: ClassVar = {
        "list": "request.view",
        "retrieve": "request.view",
        "create": "request.create",
        "partial_update": "request.create",
        "destroy": "request.create",
        "refuse": "request.view",
        "forget": "request.view",
        "conflict": "request.create",
        "break_database": "request.create",
    }
    serializer_in = BerthIn
    serializer_out = BerthOut
    serializers_in: ClassVar = {"refuse": None, "conflict": None}
    filterset_class = BerthFilter
    tenant_field = "tenant_key"
    versioned = "epoch"

    def visible(self) -> QuerySet[JobRun]:
        return JobRun.objects.visible_to(self.viewer)

    def perform_create(self, data: dict[str, Any]) -> JobRun:
        made = JobRun.objects.create(
            kind="berth",
            key=data["name"],
            tenant_key=data["tenant"],
            queue="report",
            failures=data["count"],
            requested_by_label=data.get("text", self.viewer.label),
        )
        audit.record(
            viewer=self.viewer,
            verb="berth.create",
            target_type="berth",
            target_id=made.pk,
            tenant_key=made.tenant_key,
        )
        live.publish("berths", "made", id=made.pk)
        return made

    def perform_update(self, found: JobRun, data: dict[str, Any]) -> JobRun:
        found.failures = data.get("count", found.failures)
        found.epoch += 1
        found.save()
        return found

    def perform_destroy(self, found: JobRun) -> None:
        found.delete()

    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: str) -> Response:
        found = self.get_object()
        JobRun.objects.filter(pk=found.pk).update(failures=77)
        raise Refused(
            Refusal(rule="test-rule", scope="vision", dimension="cpu", limit=4, now=3, asked=2)
        )

    @action(detail=True, methods=["post"])
    def conflict(self, request: Request, pk: str) -> Response:
        self.get_object()
        raise Conflict("It is moored.", code="moored")

    @action(detail=True, methods=["post"])
    def forget(self, request: Request, pk: str) -> Response:
        JobRun.objects.filter(pk=pk).update(failures=88)
        return Response({"asked": "nobody"})

    @action(detail=True, methods=["post"])
    def undeclared(self, request: Request, pk: str) -> Response:
        return Response({})

    @action(detail=False, methods=["post"])
    def break_database(self, request: Request) -> Response:
        self.authorize("vision")
        with connection.cursor() as cursor:
            cursor.execute(request.data["sql"])
        return Response({})


def note(key: str) -> None:
    JobRun.objects.create(
        kind="page", key=key, tenant_key="vision", queue="report", requested_by_label="page"
    )


def page_fine(request: HttpRequest) -> HttpResponse:
    note("fine")
    return HttpResponse("fine")


def page_broken(request: HttpRequest) -> HttpResponse:
    note("broken")
    raise RuntimeError("a fault of ours")


def page_answers_500(request: HttpRequest) -> HttpResponse:
    note("answers")
    return HttpResponse("no", status=500)


def page_refuses(request: HttpRequest) -> HttpResponse:
    note("refuses")
    raise Refused(Refusal(rule="test-rule", scope="vision"))


def page_unavailable(request: HttpRequest) -> HttpResponse:
    raise Unavailable("The crane is away.")


def page_database(request: HttpRequest) -> HttpResponse:
    note("database")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    return HttpResponse("never")


def page_count(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(JobRun.objects.count()))


def page_stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"a", b"b"]))


router = SimpleRouter()
router.register("berths", BerthViewSet, basename="berth")

urlpatterns = [
    path("api/v1/", include(router.urls)),
    path("try/fine", page_fine),
    path("try/broken", page_broken),
    path("try/answers", page_answers_500),
    path("try/refuses", page_refuses),
    path("try/unavailable", page_unavailable),
    path("try/database", page_database),
    path("try/count", page_count),
    path("try/stream", page_stream),
    *all_urlpatterns,
]
handler400 = "portal.views.bad_request"
handler403 = "portal.views.permission_denied"
handler404 = "portal.views.page_not_found"
handler500 = "portal.views.server_error"
