"""Questions about people."""

from __future__ import annotations

from collections import defaultdict
from typing import cast

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db.models import Case, Q, QuerySet, Value, When

from portal.viewer import Viewer, authorize
from tenants.choices import PlatformRoleName, Role
from tenants.models import Membership, PlatformRole, Tenant
from tenants.paths import path_keys

RANK = Case(*(When(role=role, then=Value(place)) for place, role in enumerate(Role.values)))


def user_find(*, name: str) -> User | None:
    """The active account with this user name or e-mail address.

    An address counts where it was verified, or an operator gave it: anybody can write any address
    on the page of their own. It counts before a user name that looks the same.
    """
    active = User.objects.filter(is_active=True)
    if "@" in name:
        proven = EmailAddress.objects.filter(email__iexact=name, verified=True)
        found = active.filter(pk__in=proven.values("user_id")).first()
        if found is not None:
            return found
    return active.filter(username=name).first()


def user_search(*, text: str, viewer: Viewer) -> QuerySet[User]:
    """Accounts by part of name or address; for those who may see everybody."""
    authorize(viewer=viewer, verb="user.view")
    match = Q(username__icontains=text) | Q(email__icontains=text)
    names = match | Q(first_name__icontains=text) | Q(last_name__icontains=text)
    users = User.objects.select_related("platform_role").order_by("username")
    return users.filter(names) if text else users


def member_list(*, tenant_key: str, viewer: Viewer) -> QuerySet[Membership]:
    """Direct members of a tenant, owners first."""
    authorize(viewer=viewer, verb="member.view", tenant_key=tenant_key)
    members = Membership.objects.visible_to(viewer).filter(tenant_id=tenant_key)
    ranked = members.select_related("user").order_by(RANK, "user__username")
    return cast("QuerySet[Membership]", ranked)


def owner_is_last(member: Membership) -> bool:
    """Whether nobody else could act as an owner of the tenant: a disabled account can't."""
    if member.role != Role.OWNER:
        return False
    owners = Membership.objects.filter(tenant_id=member.tenant_id, role=Role.OWNER)
    return not owners.exclude(pk=member.pk).filter(user__is_active=True).exists()


def audience_of(tenant_key: str) -> list[int]:
    """Whom to tell about a tenant's affairs: its active owners and members, by user id.

    Where it has none of its own, those of the nearest tenant above that has. The affairs of no
    tenant ("") are those of the platform's operators.
    """
    if not tenant_key:
        return operators()
    path = Tenant.objects.filter(key=tenant_key).values_list("path", flat=True).first()
    keys = path_keys(path) if path else [tenant_key]
    members = Membership.objects.filter(
        tenant_id__in=keys, role__in=(Role.OWNER, Role.MEMBER), user__is_active=True
    )
    people: dict[str, list[int]] = defaultdict(list)
    for key, user_id in members.values_list("tenant_id", "user_id"):
        people[key].append(user_id)
    nearest = next((key for key in reversed(keys) if key in people), tenant_key)
    return sorted(people[nearest])


def operators() -> list[int]:
    """The platform's active operators, by user id."""
    roles = PlatformRole.objects.filter(role=PlatformRoleName.OPERATOR, user__is_active=True)
    return sorted(roles.values_list("user_id", flat=True))
