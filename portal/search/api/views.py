"""/search/: everything by name or number."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.views import BerthView
from portal.search.find import LONGEST, SHORTEST, Found, search_find
from portal.viewer import authorize

MOST = 50


class HitOut(serializers.Serializer[Any]):
    """One thing, by the address of its page."""

    name = serializers.CharField(source="label")
    note = serializers.CharField(allow_blank=True)
    url = serializers.CharField()


class FoundOut(serializers.Serializer[Any]):
    """What was found of a kind; `more` says that there is more than that."""

    kind = serializers.CharField(source="kind.name")
    title = serializers.CharField(source="kind.title")
    hits = HitOut(many=True)
    more = serializers.BooleanField()


class SearchOut(serializers.Serializer[Any]):
    """By kind; kinds of which nothing was found are left out."""

    results = FoundOut(many=True)


class SearchView(BerthView):
    """Clusters, nodes, pools, tenants, requests, allocations and jobs that the asker may open."""

    verbs: ClassVar = {"get": "tenant.view"}
    serializer_out = SearchOut

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "q",
                str,
                description=f"Part of a name, or a reference such as A-12; {SHORTEST} to {LONGEST}"
                " characters, or a number.",
            )
        ]
    )
    def get(self, request: Request) -> Response:
        """The best of each kind, exact matches first; nothing for a text that is too short."""
        self._authorize_anywhere()
        text = request.query_params.get("q", "")
        found: list[Found] = search_find(viewer=self.viewer, text=text, most=MOST)
        return Response(self.shown({"results": found}))

    def _authorize_anywhere(self) -> None:
        """Whoever sees any tenant may ask; what is found is narrowed kind by kind."""
        tenant_key = next(
            (key for key, verbs in self.viewer.tenant_verbs.items() if self.verb in verbs), None
        )
        authorize(viewer=self.viewer, verb=self.verb, tenant_key=tenant_key)
        self.authorized = True
