"""Pages of long lists by cursor: nothing is skipped or doubled while rows come and go."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.errors import Invalid

DIGITS_AT_MOST = 6  # before a long text is taken for a number


class BerthCursorPagination(CursorPagination):
    """`?limit=` up to 200, `?cursor=` as given in `next` and `previous`."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering: Any = "-id"

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """One page; raise Invalid for a cursor that is not one of ours."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValueError, DjangoValidationError):
            text = _("This cursor does not belong to this list. Begin without one.")
            raise Invalid(fields={"cursor": [text]}) from None

    def get_page_size(self, request: Request) -> int | None:
        """Raise Invalid instead of quietly taking another number."""
        text = request.query_params.get(self.page_size_query_param)
        if text is None:
            return self.page_size
        number = int(text) if text.isdecimal() and len(text) <= DIGITS_AT_MOST else 0
        if not 1 <= number <= self.max_page_size:
            words = _("Give a whole number from 1 to %(most)s.") % {"most": self.max_page_size}
            raise Invalid(fields={"limit": [words]})
        return number
