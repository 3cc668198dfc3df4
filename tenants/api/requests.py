"""/requests/: what tenants ask for, and what becomes of it."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.pagination import BerthCursorPagination
from portal.api.resources import (
    CreateMixin,
    ListMixin,
    ResourceViewSet,
    RetrieveMixin,
    UpdateMixin,
)
from portal.api.versions import etag_of
from tenants.api.request_serializers import (
    RequestCounterIn,
    RequestDecidedOut,
    RequestDetailOut,
    RequestIn,
    RequestNothingIn,
    RequestOut,
    RequestReasonIn,
    RequestRejectIn,
    RequestTermsIn,
)
from tenants.filters_requests import ORDERINGS, RequestApiFilter
from tenants.models import CapacityRequest
from tenants.request_states import TRANSITIONS, RequestVerb
from tenants.selectors.requests import request_list
from tenants.services import requests as services
from tenants.services.requests.drafts import KEPT, request_draft_open
from tenants.services.requests.record import request_open


class RequestPagination(BerthCursorPagination):
    """By `?ordering=`, newest first where nothing is said."""

    def get_ordering(
        self, request: Request, queryset: QuerySet[Any], view: APIView | None
    ) -> tuple[str, ...]:
        """One of the known orders, with the id to break ties; the filter refuses others."""
        asked = request.query_params.get("ordering", "-id")
        return (asked, "id") if asked in ORDERINGS and "id" not in asked else (asked,)


class RequestViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, ResourceViewSet):
    """Requests for capacity, quota and time."""

    verbs: ClassVar = {
        "list": "request.view",
        "retrieve": "request.view",
        "create": "request.create",
        "partial_update": "request.create",
        **{verb: transition.right for verb, transition in TRANSITIONS.items() if transition.right},
    }
    serializer_in, serializer_out = RequestIn, RequestDetailOut
    serializers_in: ClassVar = {
        "partial_update": RequestTermsIn,
        "submit": RequestNothingIn,
        "claim": RequestNothingIn,
        "approve": RequestReasonIn,
        "counter": RequestCounterIn,
        "accept": RequestNothingIn,
        "decline": RequestReasonIn,
        "reject": RequestRejectIn,
        "withdraw": RequestReasonIn,
    }
    serializers_out: ClassVar = {
        "list": RequestOut,
        "approve": RequestDecidedOut,
        "counter": RequestDecidedOut,
    }
    filterset_class = RequestApiFilter
    pagination_class = RequestPagination
    tenant_field = "tenant_id"
    versioned = "generation"
    lookup_value_regex = "[0-9]{1,18}"

    def visible(self) -> QuerySet[CapacityRequest]:
        """Requests of tenants that the viewer sees."""
        return request_list(viewer=self.viewer, now=timezone.now()).with_due()

    def perform_create(self, data: dict[str, Any]) -> CapacityRequest:
        """Make a draft, and submit it where that was asked for."""
        submit, tenant_key = data.pop("submit"), data.pop("tenant")
        now = timezone.now()
        made = services.request_draft_save(
            tenant_key=tenant_key,
            data=services.RequestInput(**data),
            viewer=self.viewer,
            now=now,
        )
        if submit:
            services.request_submit(request_id=made.pk, viewer=self.viewer, now=now)
        return self.seen(made)

    def update_check(self, found: CapacityRequest) -> None:
        """Drafts of a tenant in use alone."""
        request_draft_open(request_id=found.pk, viewer=self.viewer)

    def perform_update(self, found: CapacityRequest, data: dict[str, Any]) -> CapacityRequest:
        """Change a draft; what is not sent stays as it is."""
        kept = {name: getattr(found, name) for name in KEPT}
        changed = services.request_draft_save(
            tenant_key=found.tenant_id,
            data=services.RequestInput(kind=found.kind, **(kept | data)),
            viewer=self.viewer,
            now=timezone.now(),
            request_id=found.pk,
            generation=found.generation,
        )
        return self.seen(changed)

    def seen(self, request: CapacityRequest) -> CapacityRequest:
        """The request with its stage, as it is after a change."""
        return self.visible().get(pk=request.pk)

    @action(methods=["post"], detail=True)
    def submit(self, request: Request, **_names: str) -> Response:
        """Ask for a decision; a rule may approve at once."""
        return self._done(services.request_submit, "submit")

    @action(methods=["post"], detail=True)
    def claim(self, request: Request, **_names: str) -> Response:
        """Say that one is looking at it."""
        return self._done(services.request_claim, "claim")

    @action(methods=["post"], detail=True)
    def approve(self, request: Request, **_names: str) -> Response:
        """Approve as asked. Reserves nothing; the answer says what it meets now."""
        return self._decided(services.request_approve, "approve")

    @action(methods=["post"], detail=True)
    def counter(self, request: Request, **_names: str) -> Response:
        """Offer less; the tenant accepts or declines."""
        return self._decided(services.request_counter, "counter")

    @action(methods=["post"], detail=True)
    def accept(self, request: Request, **_names: str) -> Response:
        """Accept the operator's offer."""
        return self._done(services.request_counter_accept, "accept")

    @action(methods=["post"], detail=True)
    def decline(self, request: Request, **_names: str) -> Response:
        """Decline the offer; operators decide again."""
        return self._done(services.request_counter_decline, "decline")

    @action(methods=["post"], detail=True)
    def reject(self, request: Request, **_names: str) -> Response:
        """Say no, with a reason."""
        return self._done(services.request_reject, "reject")

    @action(methods=["post"], detail=True)
    def withdraw(self, request: Request, **_names: str) -> Response:
        """Take it back."""
        return self._done(services.request_withdraw, "withdraw")

    def _done(self, service: Any, verb: RequestVerb) -> Response:
        return self.answer(self.seen(service(**self._arguments(verb))))

    def _decided(self, service: Any, verb: RequestVerb) -> Response:
        decided: services.Decided = service(**self._arguments(verb))
        seen = self.seen(decided.request)
        response = Response(self.shown({"request": seen, "preview": decided.preview.as_dict()}))
        response["ETag"] = etag_of(seen.generation)
        return response

    def _arguments(self, verb: RequestVerb) -> dict[str, Any]:
        """404, 403, 412 and 409 come before what is wrong with the body."""
        found = cast(CapacityRequest, self.get_object())
        sent = self.request.headers.get("If-Match", "*")
        generation = None if sent == "*" else found.generation
        request_open(request_id=found.pk, verb=verb, viewer=self.viewer, generation=generation)
        return {
            "request_id": found.pk,
            "viewer": self.viewer,
            "now": timezone.now(),
            "generation": generation,
            **self.payload(),
        }
