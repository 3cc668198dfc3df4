"""/users/ for operators and /me/ for everybody."""

from __future__ import annotations

import secrets
from dataclasses import asdict, replace
from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.resources import ListMixin, ResourceViewSet, RetrieveMixin, UpdateMixin
from portal.api.views import OWN, BerthView
from tenants.api.once import OnceResponse
from tenants.api.serializers import (
    MeOut,
    PreferenceChange,
    UserChange,
    UserIn,
    UserMadeOut,
    UserOut,
)
from tenants.filters import UserFilter
from tenants.selectors.viewers import Person, person_of
from tenants.services.platform import (
    platform_role_grant,
    platform_role_revoke,
    user_create,
    user_switch,
)
from tenants.services.preferences import preference_set


class UserViewSet(ListMixin, RetrieveMixin, UpdateMixin, ResourceViewSet):
    """Accounts."""

    verbs: ClassVar = {
        "list": "user.view",
        "retrieve": "user.view",
        "create": "user.edit",
        "partial_update": "user.edit",
    }
    serializer_in, serializer_out = UserIn, UserOut
    serializers_in: ClassVar = {"partial_update": UserChange}
    serializers_out: ClassVar = {"create": UserMadeOut}
    filterset_class = UserFilter
    lookup_url_kwarg = "user"
    lookup_field = "pk"

    def visible(self) -> QuerySet[User]:
        """All accounts: the verb is the platform's, so nobody else gets here."""
        users = User.objects.select_related("platform_role")
        return users if self.viewer.can("user.view") else users.none()

    def create(self, request: Request) -> Response:
        """Make an account; its first password is in this answer and nowhere else."""
        self.authorize()
        password = secrets.token_urlsafe(15)
        made = user_create(password=password, viewer=self.viewer, **self.payload())
        return OnceResponse(UserOut(made).data, once={"password": password}, status=201)

    def perform_update(self, found: User, data: dict[str, Any]) -> User:
        """Let an account in or keep it out; give or take its platform role."""
        if "active" in data:
            user_switch(user_id=found.pk, active=data["active"], viewer=self.viewer)
        if "platform_role" in data:
            self._role_set(found, data["platform_role"])
        return User.objects.select_related("platform_role").get(pk=found.pk)

    def _role_set(self, found: User, role: str | None) -> None:
        if role is not None:
            platform_role_grant(user_id=found.pk, role=role, viewer=self.viewer)
        elif getattr(found, "platform_role", None) is not None:
            platform_role_revoke(user_id=found.pk, viewer=self.viewer)


class MeView(BerthView):
    """Who asks: the first call to try a token with."""

    verbs: ClassVar = {"get": OWN, "patch": OWN}
    serializer_in, serializer_out = PreferenceChange, MeOut

    def get(self, request: Request) -> Response:
        """Rights and preference of whoever asks."""
        self.authorized = True  # everybody may know themselves, a token too
        return Response(MeOut(me_facts(person_of(request))).data)

    def patch(self, request: Request) -> Response:
        """Change one's preference."""
        self.authorize()
        person = person_of(request)
        wanted = replace(person.preference, **self.payload(partial=True))
        preference = preference_set(preference=wanted, viewer=self.viewer)
        return Response(MeOut(me_facts(replace(person, preference=preference))).data)


def me_facts(person: Person) -> dict[str, Any]:
    """What /me/ says."""
    viewer = person.viewer
    titles = {tenant.key: tenant.title for tenant in person.tenants}
    return {
        "kind": viewer.kind,
        "label": viewer.label,
        "user_id": viewer.user_id,
        "sees_all": viewer.sees_all,
        "platform_role": person.platform_role,
        "verbs": sorted(viewer.platform_verbs),
        "tenants": [
            {"key": key, "title": titles.get(key, key), "verbs": sorted(verbs)}
            for key, verbs in sorted(viewer.tenant_verbs.items())
        ],
        "preference": asdict(person.preference),
    }
