"""What tenants, members, tokens and people look like in REST; in and out are apart."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from portal.api.fields import FlagField, KeyField, StrictIntegerField, StrictTextField
from tenants.choices import Density, PlatformRoleName, Role, TenantKind, Theme
from tenants.models import MAX_LIFE, ApiToken, Membership, Tenant
from tenants.roles import TOKEN_SCOPES
from tenants.selectors.tenants import visible_path_keys

LIMITS_HELP = _("Up to which amounts requests need no operator: {pool: {resource: amount}}.")


class TenantIn(serializers.Serializer[Any]):
    """A tenant to make."""

    key = KeyField()
    title = StrictTextField(max_length=120)
    kind = serializers.ChoiceField(TenantKind.choices, default=TenantKind.PROJECT)
    parent = KeyField(allow_null=True, default=None)  # type: ignore[assignment]
    auto_approve_limits = serializers.DictField(required=False, help_text=LIMITS_HELP)


class TenantChange(serializers.Serializer[Any]):
    """What can be changed of a tenant; its key never can."""

    title = StrictTextField(max_length=120)
    kind = serializers.ChoiceField(TenantKind.choices)
    auto_approve_limits = serializers.DictField(help_text=LIMITS_HELP)


class TenantMove(serializers.Serializer[Any]):
    """Where a tenant is to hang; null makes it a root."""

    parent = KeyField(allow_null=True)  # type: ignore[assignment]


class TenantArchive(serializers.Serializer[Any]):
    """Why a tenant is taken out of use."""

    reason = StrictTextField(max_length=500, allow_blank=True, default="")


class TenantOut(serializers.ModelSerializer[Tenant]):
    """A tenant. `path` and `parent` begin at the highest tenant that the asker sees."""

    parent = serializers.SerializerMethodField()  # type: ignore[assignment]
    path = serializers.SerializerMethodField()

    class Meta:
        model = Tenant
        fields: ClassVar[tuple[str, ...]] = (
            "key",
            "title",
            "kind",
            "parent",
            "path",
            "auto_approve_limits",
            "generation",
            "created_at",
            "archived_at",
        )

    def get_parent(self, tenant: Tenant) -> str | None:
        """Key of the parent, null for a root and for whoever doesn't see the parent."""
        return next(iter(self._keys(tenant)[-2:-1]), None)

    def get_path(self, tenant: Tenant) -> list[str]:
        """Keys from the highest visible tenant down to this one."""
        return self._keys(tenant)

    def _keys(self, tenant: Tenant) -> list[str]:
        viewer = self.context["viewer"]
        keys = visible_path_keys(tenant=tenant, viewer=viewer)
        return keys if tenant.key in keys else [*keys, tenant.key]  # just made by its owner


class MemberIn(serializers.Serializer[Any]):
    """A member to add: user name, or an e-mail address that one account has."""

    user = StrictTextField(max_length=254)
    role = serializers.ChoiceField(Role.choices)


class MemberChange(serializers.Serializer[Any]):
    """Another role."""

    role = serializers.ChoiceField(Role.choices)


class MemberOut(serializers.ModelSerializer[Membership]):
    """A direct member of a tenant."""

    user = serializers.CharField(source="user.username")
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.get_full_name")

    class Meta:
        model = Membership
        fields: ClassVar[tuple[str, ...]] = ("user", "name", "email", "role", "created_at")


class MemberChangeOut(MemberOut):
    """A member after a change of role, with what it gave and took; ask with dryRun=true first."""

    gained = serializers.ListField(child=serializers.CharField())
    lost = serializers.ListField(child=serializers.CharField())

    class Meta(MemberOut.Meta):
        fields: ClassVar[tuple[str, ...]] = (*MemberOut.Meta.fields, "gained", "lost")


class TokenIn(serializers.Serializer[Any]):
    """A token to make."""

    name = StrictTextField(max_length=80)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(sorted(TOKEN_SCOPES)), min_length=1, max_length=100
    )
    days = StrictIntegerField(least=1, most=MAX_LIFE.days, default=30)


class TokenChange(serializers.Serializer[Any]):
    """Switch a token off for a while, or on again."""

    enabled = FlagField()


class TokenOut(serializers.ModelSerializer[ApiToken]):
    """A token without its secret."""

    id = serializers.CharField(source="public_id")
    tenant = serializers.CharField(source="tenant_id", allow_null=True)
    created_by = serializers.CharField(source="created_by.username")

    class Meta:
        model = ApiToken
        fields: ClassVar[tuple[str, ...]] = (
            "id",
            "tenant",
            "name",
            "scopes",
            "created_by",
            "created_at",
            "expires_at",
            "enabled",
            "revoked_at",
            "last_used_at",
            "last_used_ip",
        )


class TokenMadeOut(TokenOut):
    """A new token; `token` is shown in this answer alone, null when the request is repeated."""

    token = serializers.CharField(allow_null=True)

    class Meta(TokenOut.Meta):
        fields: ClassVar[tuple[str, ...]] = (*TokenOut.Meta.fields, "token")


class UserIn(serializers.Serializer[Any]):
    """An account to make; Berth makes the first password."""

    username = StrictTextField(max_length=150)
    email = serializers.EmailField(allow_blank=True, default="")


class UserChange(serializers.Serializer[Any]):
    """What an operator can change of an account."""

    active = FlagField()
    platform_role = serializers.ChoiceField(PlatformRoleName.choices, allow_null=True)


class UserOut(serializers.ModelSerializer[User]):
    """An account."""

    name = serializers.CharField(source="get_full_name")
    active = serializers.BooleanField(source="is_active")
    platform_role = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields: ClassVar[tuple[str, ...]] = (
            "id",
            "username",
            "name",
            "email",
            "active",
            "platform_role",
            "last_login",
        )

    def get_platform_role(self, user: User) -> str | None:
        """operator, auditor or null."""
        found = getattr(user, "platform_role", None)
        return found.role if found else None


class UserMadeOut(UserOut):
    """A new account; `password` is shown in this answer alone."""

    password = serializers.CharField(allow_null=True)

    class Meta(UserOut.Meta):
        fields: ClassVar[tuple[str, ...]] = (*UserOut.Meta.fields, "password")


class PreferenceChange(serializers.Serializer[Any]):
    """How one wants to see Berth; on pages empty language or zone follows the browser."""

    language = StrictTextField(max_length=16, allow_blank=True)
    theme = serializers.ChoiceField(Theme.choices)
    time_zone = StrictTextField(max_length=64, allow_blank=True)
    density = serializers.ChoiceField(Density.choices)
    shortcuts = FlagField()


class OwnTenantOut(serializers.Serializer[Any]):
    """A tenant in which one has rights."""

    key = serializers.CharField()
    title = serializers.CharField()
    verbs = serializers.ListField(child=serializers.CharField())


class MeOut(serializers.Serializer[Any]):
    """Who asks, and what they may do."""

    kind = serializers.ChoiceField(["user", "token"])
    label = serializers.CharField()  # type: ignore[assignment]
    user_id = serializers.IntegerField()
    sees_all = serializers.BooleanField()
    platform_role = serializers.CharField(allow_blank=True)
    verbs = serializers.ListField(child=serializers.CharField())
    tenants = OwnTenantOut(many=True)
    preference = PreferenceChange()
