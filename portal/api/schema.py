"""The OpenAPI document: what every endpoint has beside its own fields."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from portal.answers import PROBLEM_TYPE, TITLES
from portal.api import openapi
from portal.api.problem_serializer import ProblemSerializer

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
VERSIONED = frozenset({"PUT", "PATCH", "DELETE"})
ALWAYS = (400, 401, 403, 404, 429, 503)
ON_WRITES = (409, 413, 415, 422)

KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=False,
    description="A new value for each change (a UUID); required unless dryRun=true. The same key"
    " with the same request gets the first answer again.",
)
DRY_RUN = OpenApiParameter(
    "dryRun",
    bool,
    OpenApiParameter.QUERY,
    description="Do everything but keep nothing; the answer has the header Berth-Dry-Run.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=False,
    description='The ETag you read, such as "7". Without it the answer is 428.',
)
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    description="The version of the object, for If-Match.",
    response=[200, 201],
)


EXTENSIONS = (openapi.StrictIntegerSchema, openapi.AmountsSchema, openapi.NameSchema)


class BerthAutoSchema(AutoSchema):
    """Adds problems, ETag, If-Match, Idempotency-Key and dryRun from what a view declares."""

    def get_override_parameters(self) -> list[Any]:
        """Headers and parameters that follow from the method and from `versioned`."""
        found: list[Any] = list(super().get_override_parameters())
        versioned = bool(getattr(self.view, "versioned", ""))
        if self.method in WRITES and not getattr(self.view, "only_reads", False):
            found += [KEY, DRY_RUN]
        if versioned and "{" in self.path:
            found += [ETAG, IF_MATCH] if self.method in VERSIONED else [ETAG]
        return found

    def get_request_serializer(self) -> Any:
        """What goes in: the view's serializer_in for this action."""
        view: Any = self.view
        if not hasattr(view, "serializers_in"):
            return super().get_request_serializer()
        return view.serializers_in.get(view.action_name, view.serializer_in)

    def get_response_serializers(self) -> Any:
        """What comes out, and every problem that may come instead."""
        view: Any = self.view
        if not hasattr(view, "serializers_out"):
            return super().get_response_serializers()
        out = view.serializers_out.get(view.action_name, view.serializer_out)
        status = self._success_status()
        media_type = view.media_types.get(view.action_name)
        file = {(status, media_type): OpenApiTypes.OBJECT}  # read as YAML it is an object
        success: Any = file if media_type else {status: out}
        if status == 204:
            success = {status: None}
        words = {status: str(text) for status, text in TITLES.items()}
        problems = {
            (status, PROBLEM_TYPE): OpenApiResponse(ProblemSerializer, description=words[status])
            for status in self._problem_statuses()
        }
        return success | problems

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Also for actions that answer with a page of other rows."""
        paged: frozenset[str] = getattr(self.view, "paged", frozenset())
        return getattr(self.view, "action", "") in paged or super()._is_list_view(serializer)

    def _problem_statuses(self) -> list[int]:
        found = [*ALWAYS]
        if self.method in WRITES:
            found += ON_WRITES
        if getattr(self.view, "versioned", "") and self.method in VERSIONED:
            found += (412, 428)
        return sorted(found)

    def _success_status(self) -> int:
        view: Any = self.view
        declared = view.success_statuses.get(view.action_name)
        if declared:
            return int(declared)
        if view.action_name == "create":
            return 201
        return 204 if self.method == "DELETE" else 200
