"""/tenants/{tenant}/tokens/ and /tokens/: keys for programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.bodies import NoFields
from portal.api.resources import ListMixin, RetrieveMixin, UpdateMixin
from tenants.api.members import NestedViewSet
from tenants.api.once import OnceResponse
from tenants.api.serializers import TokenChange, TokenIn, TokenMadeOut, TokenOut
from tenants.models import ApiToken
from tenants.services.tokens import (
    token_create,
    token_open,
    token_replaceable,
    token_revoke,
    token_rotate,
    token_switch,
)
from tenants.tokens import TokenText


class TokenViewSet(ListMixin, RetrieveMixin, UpdateMixin, NestedViewSet):
    """Tokens of one tenant or, where none is named, of the platform."""

    verbs: ClassVar = {
        "list": "token.view",
        "retrieve": "token.view",
        "create": "token.create",
        # One may switch, end and replace one's own tokens; the services ask for more for others'.
        "partial_update": "token.create",
        "destroy": "token.create",
        "rotate": "token.create",
    }
    serializer_in, serializer_out = TokenIn, TokenOut
    serializers_in: ClassVar = {"partial_update": TokenChange, "rotate": NoFields}
    serializers_out: ClassVar = {"create": TokenMadeOut, "rotate": TokenMadeOut}
    success_statuses: ClassVar = {"create": 201, "rotate": 201}
    lookup_field, lookup_url_kwarg = "public_id", "token"

    def visible(self) -> QuerySet[ApiToken]:
        """Tokens of the place, where the viewer sees it."""
        rows: QuerySet[ApiToken] = ApiToken.objects.visible_to(self.viewer)
        place = Q(tenant=None) if self.tenant_key is None else Q(tenant_id=self.tenant_key)
        return rows.filter(place).select_related("created_by")

    def list(self, request: Request, **_names: str) -> Response:
        """Tokens of the place."""
        return super().list(request)

    def create(self, request: Request, **_names: str) -> Response:
        """Make a token; its text is in this answer and nowhere else."""
        self.authorize(self.tenant_key)
        data, now = self.payload(), timezone.now()
        token, text = token_create(
            name=data["name"],
            tenant_key=self.tenant_key,
            scopes=data["scopes"],
            expires_at=now + timedelta(days=data["days"]),
            viewer=self.viewer,
            now=now,
        )
        return self._shown_once(token, text)

    def update_check(self, found: ApiToken) -> None:
        """One may change one's own, and a revoked one stays revoked."""
        token_open(token_id=found.pk, viewer=self.viewer)

    def perform_update(self, found: ApiToken, data: dict[str, Any]) -> ApiToken:
        """Switch a token."""
        enabled = data.get("enabled", found.enabled)
        return token_switch(token_id=found.pk, enabled=enabled, viewer=self.viewer)

    def destroy(self, request: Request, **_names: str) -> Response:
        """Revoke a token, at once and for good."""
        found = self.get_object()
        token_revoke(token_id=found.pk, viewer=self.viewer, now=timezone.now())
        return Response(status=204)

    @action(methods=["post"], detail=True)
    def rotate(self, request: Request, **_names: str) -> Response:
        """Replace one's own token by a new one; the old one ends at once."""
        found = self.get_object()
        token_replaceable(token_id=found.pk, viewer=self.viewer)
        self.payload()
        token, text = token_rotate(token_id=found.pk, viewer=self.viewer, now=timezone.now())
        return self._shown_once(token, text)

    def _shown_once(self, token: ApiToken, text: TokenText) -> Response:
        data = TokenOut(token, context={"viewer": self.viewer}).data
        return OnceResponse(data, once={"token": str(text)}, status=201)
