"""Accounts and the platform's roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal import audit, live
from portal.errors import Conflict, FieldErrors, NotFound, Refused
from portal.refusal import Refusal
from portal.viewer import Viewer, authorize
from tenants import rules
from tenants.choices import PlatformRoleName
from tenants.inputs import choice_check, text_check
from tenants.models import PlatformRole


@transaction.atomic
def user_create(*, username: str, email: str, password: str, viewer: Viewer) -> User:
    """Make an account with a password that its owner should change.

    The operator vouches for the address: it counts as verified. Raises Invalid, Denied, or
    Conflict when the name is taken, or the address is proven to be another account's.
    """
    authorize(viewer=viewer, verb="user.edit")
    errors = FieldErrors()
    text_check(errors, "username", username, max_length=150)
    made = User(username=username, email=email.strip().lower())
    _validated(errors, "username", lambda: UnicodeUsernameValidator()(username))
    if email:
        _validated(errors, "email", lambda: validate_email(email.strip()))
    _validated(errors, "password", lambda: validate_password(password, made))
    errors.raise_any()
    made.set_password(password)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("This user name is taken."), code="user-exists") from error
    if made.email:
        _address_vouch(made)
    _record(viewer, "user.create", made, after={"username": username, "email": made.email})
    return made


@transaction.atomic
def user_switch(*, user_id: int, active: bool, viewer: Viewer) -> User:
    """Let an account in, or keep it out at once.

    Raises NotFound, Denied, or Refused for the last operator.
    """
    authorize(viewer=viewer, verb="user.edit")
    found = _user(user_id)
    if not active:
        _operator_remains(user_id)
    User.objects.filter(pk=user_id).update(is_active=active)
    found.is_active = active
    _record(viewer, "user.switch", found, after={"active": active})
    if not active:
        live.revoke(user_id)
    return found


@transaction.atomic
def platform_role_grant(*, user_id: int, role: str, viewer: Viewer) -> PlatformRole:
    """Make somebody operator or auditor, in place of the platform role they may have.

    Raises Invalid, NotFound, Denied, or Refused where no operator would remain.
    """
    authorize(viewer=viewer, verb="role.edit")
    errors = FieldErrors()
    choice_check(errors, "role", role, PlatformRoleName.values)
    errors.raise_any()
    person = _user(user_id)
    before = PlatformRole.objects.filter(user_id=user_id).first()
    if role != PlatformRoleName.OPERATOR:
        _operator_remains(user_id)
    given, _made = PlatformRole.objects.update_or_create(user_id=user_id, defaults={"role": role})
    _record(
        viewer,
        "role.grant",
        person,
        before={"role": before.role} if before else None,
        after={"role": role},
    )
    live.revoke(user_id)
    return given


@transaction.atomic
def platform_role_revoke(*, user_id: int, viewer: Viewer) -> None:
    """Take somebody's platform role; roles in tenants stay.

    Raises NotFound (also where they have none), Denied, or Refused for the last operator.
    """
    authorize(viewer=viewer, verb="role.edit")
    person = _user(user_id)
    found = PlatformRole.objects.filter(user_id=user_id).first()
    if found is None:
        raise NotFound
    _operator_remains(user_id)
    found.delete()
    _record(viewer, "role.revoke", person, before={"role": found.role})
    live.revoke(user_id)


def _operator_remains(leaving_id: int) -> None:
    """Refuse when this person is the only active operator; locks the operators' rows."""
    operators = PlatformRole.objects.select_for_update().filter(role=PlatformRoleName.OPERATOR)
    active = set(operators.filter(user__is_active=True).values_list("user_id", flat=True))
    if active != {leaving_id}:
        return
    raise Refused(
        Refusal(
            rule=rules.LAST_OPERATOR,
            scope=_("the platform"),
            dimension=_("operators"),
            limit=1,
            now=1,
            asked=0,
            short_by=1,
            who=_("An operator"),
            next_step=_("Make somebody else an operator first."),
        )
    )


def _user(user_id: int) -> User:
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        raise NotFound
    return found


def _validated(errors: FieldErrors, field: str, check: Callable[[], object]) -> None:
    try:
        check()
    except ValidationError as error:
        for sentence in error.messages:
            errors.add(field, sentence)


def _address_vouch(person: User) -> None:
    try:
        with transaction.atomic():
            EmailAddress.objects.create(
                user=person, email=person.email, primary=True, verified=True
            )
    except IntegrityError as error:
        raise Conflict(
            _("Another account has proven that this address is its own. Leave it out here."),
            code="email-taken",
        ) from error


def _record(
    viewer: Viewer,
    verb: str,
    person: User,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        viewer=viewer,
        verb=verb,
        target_type="user",
        target_id=person.pk,
        tenant_key="",
        before={"username": person.username, **before} if before else None,
        after={"username": person.username, **after} if after else None,
    )
    live.publish("users", "changed", user_id=person.pk)
