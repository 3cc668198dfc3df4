"""Who belongs to a tenant, and as what."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal import audit, live
from portal.errors import Conflict, FieldErrors, NotFound, Refused
from portal.notices import notify
from portal.refusal import Refusal
from portal.viewer import Viewer, authorize
from tenants import rules
from tenants.choices import Role
from tenants.inputs import choice_check
from tenants.models import Membership
from tenants.notice_kinds import ADDED, CHANGED, REMOVED
from tenants.selectors.users import owner_is_last, user_find
from tenants.services.rows import tenant_open

NOTICES = {"member.add": ADDED, "member.edit": CHANGED, "member.remove": REMOVED}


@transaction.atomic
def member_add(*, tenant_key: str, user_name: str, role: str, viewer: Viewer) -> Membership:
    """Give a person a role in a tenant and everything below it.

    `user_name` is a user name or an e-mail address that one account has. Raises Invalid, NotFound,
    Denied, or Conflict (already a member, tenant archived).
    """
    authorize(viewer=viewer, verb="member.edit", tenant_key=tenant_key)
    tenant = tenant_open(tenant_key, viewer)
    person = _person(user_name, role)
    made = Membership(tenant=tenant, user=person, role=role)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            _("%(person)s is a member already. Change the role instead.")
            % {"person": person.username},
            code="member-exists",
        ) from error
    _record(viewer, "member.add", made, before=None, after=role)
    return made


@transaction.atomic
def member_role_change(*, tenant_key: str, user_id: int, role: str, viewer: Viewer) -> Membership:
    """Give a member another role.

    Raises Invalid, NotFound, Denied, Conflict, or Refused for the last owner.
    """
    authorize(viewer=viewer, verb="member.edit", tenant_key=tenant_key)
    errors = FieldErrors()
    choice_check(errors, "role", role, Role.values)
    errors.raise_any()
    found = _member(tenant_key, user_id, viewer)
    before = found.role
    if before == role:
        return found
    _owner_remains(found)
    Membership.objects.filter(pk=found.pk).update(role=role)
    found.role = role
    _record(viewer, "member.edit", found, before=before, after=role)
    return found


@transaction.atomic
def member_remove(*, tenant_key: str, user_id: int, viewer: Viewer) -> None:
    """Take a person out of a tenant; anybody may take themselves out, their tokens may not.

    Raises NotFound, Denied, Conflict, or Refused for the last owner.
    """
    own = viewer.kind == "user" and user_id == viewer.user_id
    verb = "member.view" if own else "member.edit"
    authorize(viewer=viewer, verb=verb, tenant_key=tenant_key)
    found = _member(tenant_key, user_id, viewer)
    _owner_remains(found)
    Membership.objects.filter(pk=found.pk).delete()
    _record(viewer, "member.remove", found, before=found.role, after=None)


def _person(user_name: str, role: str) -> User:
    errors = FieldErrors()
    choice_check(errors, "role", role, Role.values)
    person = user_find(name=user_name.strip())
    if person is None:
        errors.add("user", _("No active account has this name. Ask an operator to make one."))
    errors.raise_any()
    if person is None:
        raise NotFound
    return person


def _member(tenant_key: str, user_id: int, viewer: Viewer) -> Membership:
    tenant_open(tenant_key, viewer, alone=True)  # two owners can't leave at the same time
    members = Membership.objects.visible_to(viewer).select_related("user", "tenant")
    found = members.filter(tenant_id=tenant_key, user_id=user_id).first()
    if found is None:
        raise NotFound
    return cast("Membership", found)


def _owner_remains(member: Membership) -> None:
    if not owner_is_last(member):
        return
    owners = int(member.user.is_active)
    raise Refused(
        Refusal(
            rule=rules.LAST_OWNER,
            scope=member.tenant.title,
            dimension=_("owners"),
            limit=1,
            now=owners,
            asked=0,
            short_by=1,
            who=_("An owner of this tenant or an operator"),
            next_step=_("Make somebody else an owner first."),
            next_url=f"/t/{member.tenant_id}/members/",
        )
    )


def _record(
    viewer: Viewer, verb: str, member: Membership, *, before: str | None, after: str | None
) -> None:
    audit.record(
        viewer=viewer,
        verb=verb,
        target_type="member",
        target_id=member.user_id,
        tenant_key=member.tenant_id,
        before={"user": member.user.username, "role": before} if before else None,
        after={"user": member.user.username, "role": after} if after else None,
    )
    live.publish(f"tenant:{member.tenant_id}", "members", tenant_key=member.tenant_id)
    if member.user_id != viewer.user_id:
        notify(
            kind=NOTICES[verb].code,
            users=[member.user_id],
            tenant_key=member.tenant_id if after else "",
            params={"tenant": member.tenant.title, "who": viewer.label},
            url=f"/t/{member.tenant_id}/" if after else "",
        )
    # Gained or lost: open pages and sockets of that person must ask for their rights again.
    live.revoke(member.user_id)
