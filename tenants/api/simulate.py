"""/placements:simulate: what an ask would meet now."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.views import BerthView
from portal.errors import Invalid
from tenants.api.request_serializers import PreviewOut, SimulateIn
from tenants.asks import ask_read
from tenants.offers import Terms
from tenants.selectors.previews import request_preview


class SimulateView(BerthView):
    """Verdict, checks, quota and nodes for an ask; reserves nothing and writes nothing."""

    verbs: ClassVar = {"post": "request.view"}
    serializer_in, serializer_out = SimulateIn, PreviewOut
    only_reads = True

    def post(self, request: Request) -> Response:
        """Decide on the mirrored facts."""
        body = request.data
        key = body.get("tenant") if isinstance(body, dict) else None
        if not isinstance(key, str) or not key:
            raise Invalid(fields={"tenant": [_("Say for which tenant, by its key.")]})
        self.authorize(key)
        data = self.payload()
        preview = request_preview(
            tenant_key=data["tenant"],
            kind=data["kind"],
            terms=Terms(ask_read(kind=data["kind"], data=data["ask"]), data["until_at"]),
            viewer=self.viewer,
            now=timezone.now(),
        )
        return Response(self.shown(preview.as_dict()))
