"""A person's own notices by REST."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.resources import ListMixin, ResourceViewSet
from portal.api.views import OWN, BerthView
from portal.models.notices import Notice
from portal.notices import inbox
from portal.notices.api import serializers
from portal.notices.notify import Ways


class NoticeViewSet(ListMixin, ResourceViewSet):
    """What the bell holds."""

    verbs: ClassVar = {"list": OWN, "read": OWN, "read_all": OWN}
    serializer_out = serializers.NoticeOut
    serializers_in: ClassVar = {"read_all": serializers.ReadAllIn}
    serializers_out: ClassVar = {"read_all": serializers.ReadAllOut}

    def visible(self) -> QuerySet[Notice]:
        """The person's own."""
        return inbox.notices_of(self.viewer)

    @action(detail=True, methods=["post"])
    def read(self, request: Request, **_names: str) -> Response:
        """Mark one read."""
        notice = self.get_object()
        inbox.notice_read(viewer=self.viewer, notice_id=notice.pk, now=timezone.now())
        notice.refresh_from_db()
        return self.answer(notice)

    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """Mark all read, or those up to an id."""
        self.authorize()
        up_to = self.payload().get("up_to")
        marked = inbox.notices_read_all(viewer=self.viewer, now=timezone.now(), up_to_id=up_to)
        return Response({"marked": marked})


class NoticePreferenceView(BerthView):
    """How the person wants to be told of each kind."""

    verbs: ClassVar = {"get": OWN, "put": OWN}
    serializers_in: ClassVar = {"put": serializers.PreferencesIn}
    serializer_out = serializers.PreferencesOut

    def get(self, request: Request) -> Response:
        """Every kind with the ways chosen for it."""
        self.authorize()
        return self._choices()

    def put(self, request: Request) -> Response:
        """Choose for the kinds that are named; the others stay as they are."""
        self.authorize()
        items = self.payload()["items"]
        ways = {item["kind"]: Ways(item["bell"], item["email"]) for item in items}
        inbox.choices_set(viewer=self.viewer, ways=ways)
        return self._choices()

    def _choices(self) -> Response:
        return Response(self.shown({"items": inbox.choices_of(self.viewer)}))
