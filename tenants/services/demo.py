"""Make the demonstration's tenants and accounts; running it again changes nothing."""

from __future__ import annotations

import secrets

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from portal.errors import Conflict
from portal.viewer import Viewer, authorize
from tenants.demo import PEOPLE, TENANTS, DemoPerson
from tenants.models import Membership, PlatformRole, Tenant
from tenants.services.members import member_add
from tenants.services.platform import platform_role_grant, user_create
from tenants.services.tree import tenant_create


@transaction.atomic
def demo_make(*, viewer: Viewer, known: dict[str, str]) -> dict[str, str]:
    """Make what is missing; return the password of every demonstration account.

    `known` holds passwords of an earlier run, by user name; an account whose password is not
    known gets a new one, so that the returned list is always complete. Raises Denied.
    """
    authorize(viewer=viewer, verb="user.edit")
    present = set(Tenant.objects.values_list("key", flat=True))
    for tenant in TENANTS:
        if tenant.key not in present:
            tenant_create(
                key=tenant.key,
                title=tenant.title,
                kind=tenant.kind,
                parent_key=tenant.parent_key,
                viewer=viewer,
            )
    return {person.username: _person_make(person, viewer, known) for person in PEOPLE}


def _person_make(person: DemoPerson, viewer: Viewer, known: dict[str, str]) -> str:
    account = User.objects.filter(username=person.username).first()
    password = known.get(person.username, "")
    email = f"{person.username}@example.com"
    if account is None:
        password = secrets.token_urlsafe(12)
        account = user_create(
            username=person.username,
            email=email,
            password=password,
            viewer=viewer,
        )
    elif account.email != email:
        raise Conflict(
            _("An account named %(name)s exists that the demonstration did not make. It stays.")
            % {"name": person.username}
        )
    elif not password or not account.check_password(password):
        password = secrets.token_urlsafe(12)
        account.set_password(password)
        account.save(update_fields=["password"])
    _role_give(person, account, viewer)
    return password


def _role_give(person: DemoPerson, account: User, viewer: Viewer) -> None:
    if not person.tenant_key:
        if not PlatformRole.objects.filter(user=account).exists():
            platform_role_grant(user_id=account.pk, role=person.role, viewer=viewer)
    elif not Membership.objects.filter(user=account, tenant_id=person.tenant_key).exists():
        member_add(
            tenant_key=person.tenant_key, user_name=person.username, role=person.role, viewer=viewer
        )
