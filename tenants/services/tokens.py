"""Keys for programs: make, switch off, revoke, replace."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import cast

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from portal import audit, live
from portal.errors import Conflict, Denied, FieldErrors, NotFound, Refused
from portal.joins import list_join
from portal.refusal import Refusal
from portal.viewer import Viewer, authorize
from tenants import rules
from tenants.inputs import text_check
from tenants.models import MAX_LIFE, ApiToken
from tenants.roles import TOKEN_SCOPES, scope_verbs
from tenants.services.rows import tenant_open, tenants_hold
from tenants.tokens import TokenText, digest_make, peppers_parse, token_text_new

MAX_TOKENS = 20  # valid at a time, per person and tenant


@transaction.atomic
def token_create(
    *,
    name: str,
    tenant_key: str | None,
    scopes: Collection[str],
    expires_at: datetime,
    viewer: Viewer,
    now: datetime,
) -> tuple[ApiToken, TokenText]:
    """Make a token; its text exists in the returned value and nowhere else.

    `tenant_key` None makes one for the whole platform (operators). Raises Invalid, NotFound,
    Denied (also to tokens: a token makes no tokens), Conflict (archived) or Refused (too many).
    """
    authorize(viewer=viewer, verb="token.create", tenant_key=tenant_key)
    creator_id = _person_id(viewer)
    tenant = tenant_open(tenant_key, viewer) if tenant_key is not None else None
    _input_check(name=name, scopes=scopes, expires_at=expires_at, now=now)
    _held_check(scopes, tenant_key, viewer)
    _count_check(creator_id, tenant_key, now)
    text = token_text_new()
    peppers = peppers_parse(settings.TOKEN_PEPPER)
    number = max(peppers)
    made = ApiToken.objects.create(
        tenant=tenant,
        name=name.strip(),
        public_id=text.public_id,
        digest=digest_make(text.secret, peppers[number]),
        pepper_number=number,
        scopes=sorted(set(scopes)),
        created_by_id=creator_id,
        created_at=now,
        expires_at=expires_at,
    )
    _record(viewer, "token.create", made)
    return made, text


@transaction.atomic
def token_revoke(*, token_id: int, viewer: Viewer, now: datetime) -> ApiToken:
    """End a token at once and for good; revoking twice changes nothing.

    Its creator may, and whoever has token.edit. Raises NotFound or Denied.
    """
    found = _token(token_id, viewer)
    _control_check(found, viewer)
    _revoke(found, viewer, now)
    return found


@transaction.atomic
def token_switch(*, token_id: int, enabled: bool, viewer: Viewer) -> ApiToken:
    """Switch a token off for a while, or on again.

    Raises NotFound, Denied, or Conflict for a revoked token.
    """
    found = token_open(token_id=token_id, viewer=viewer)
    if not ApiToken.objects.filter(pk=found.pk, revoked_at=None).update(enabled=enabled):
        raise _revoked()
    found.enabled = enabled
    _record(viewer, "token.switch", found)
    if not enabled:
        live.revoke(found.created_by_id)
    return found


@transaction.atomic
def token_rotate(*, token_id: int, viewer: Viewer, now: datetime) -> tuple[ApiToken, TokenText]:
    """Replace one's own token by a new one of equal name, scopes and life; the old one ends.

    Only its creator may, because a token acts with its creator's rights. Raises NotFound, Denied,
    or Conflict for a revoked token.
    """
    found = token_replaceable(token_id=token_id, viewer=viewer)
    if found.tenant_id is not None:
        tenants_hold([found.tenant_id])  # before the token's row, as who archives does
    if not _revoke(found, viewer, now):
        raise _revoked()
    life = min(found.expires_at - found.created_at, MAX_LIFE)
    return token_create(
        name=found.name,
        tenant_key=found.tenant_id,
        scopes=found.scopes,
        expires_at=now + life,
        viewer=viewer,
        now=now,
    )


def token_replaceable(*, token_id: int, viewer: Viewer) -> ApiToken:
    """A token that this viewer may replace. Raises as `token_rotate`."""
    found = _token(token_id, viewer)
    authorize(viewer=viewer, verb="token.create", tenant_key=found.tenant_id)
    if found.created_by_id != viewer.user_id:
        raise Denied(_("Only the person who made a token can replace it. Revoke it instead."))
    if found.revoked_at is not None:
        raise _revoked()
    return found


def token_open(*, token_id: int, viewer: Viewer) -> ApiToken:
    """A token that this viewer may change.

    Raises NotFound, Denied, or Conflict for a revoked token.
    """
    found = _token(token_id, viewer)
    _control_check(found, viewer)
    if found.revoked_at is not None:
        raise _revoked()
    return found


def _revoke(token: ApiToken, viewer: Viewer, now: datetime) -> bool:
    """End a token; False where somebody has ended it already."""
    live_rows = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
    if not live_rows.update(revoked_at=now, enabled=False):
        return False
    token.revoked_at, token.enabled = now, False
    _record(viewer, "token.revoke", token)
    live.revoke(token.created_by_id)
    return True


def _control_check(token: ApiToken, viewer: Viewer) -> None:
    """People end what they made themselves; a token acts for its creator within its scopes only."""
    own = token.created_by_id == viewer.user_id
    if not (own and viewer.kind == "user"):
        verb = "token.create" if own else "token.edit"
        authorize(viewer=viewer, verb=verb, tenant_key=token.tenant_id)


def _person_id(viewer: Viewer) -> int:
    if viewer.kind != "user" or viewer.user_id is None:
        raise Denied(_("A token can't make tokens. Sign in and make it on the tokens page."))
    return viewer.user_id


def _token(token_id: int, viewer: Viewer) -> ApiToken:
    found = ApiToken.objects.visible_to(viewer).filter(pk=token_id).first()
    if found is None:
        raise NotFound
    return cast("ApiToken", found)


def _input_check(
    *, name: str, scopes: Collection[str], expires_at: datetime, now: datetime
) -> None:
    errors = FieldErrors()
    text_check(errors, "name", name, max_length=80)
    unknown = sorted(set(scopes) - TOKEN_SCOPES)
    if unknown:
        errors.add("scopes", _("Unknown: %(scopes)s.") % {"scopes": list_join(unknown)})
    if not scopes:
        errors.add("scopes", _("Choose at least one."))
    if not now < expires_at <= now + MAX_LIFE:
        sentence = _("Choose a time within the next %(days)s days.")
        errors.add("expires_at", sentence % {"days": MAX_LIFE.days})
    errors.raise_any()


def _held_check(scopes: Collection[str], tenant_key: str | None, viewer: Viewer) -> None:
    """Nobody hands on a verb that they don't have; `read` means whatever one may read."""
    named = scope_verbs(set(scopes) - {"read"})
    missing = sorted(verb for verb in named if not viewer.can(verb, tenant_key))
    if missing:
        errors = FieldErrors()
        sentence = _("You don't have these rights yourself: %(verbs)s.")
        errors.add("scopes", sentence % {"verbs": list_join(missing)})
        errors.raise_any()


def _count_check(creator_id: int, tenant_key: str | None, now: datetime) -> None:
    place = Q(tenant=None) if tenant_key is None else Q(tenant_id=tenant_key)
    valid = ApiToken.objects.filter(
        place, created_by_id=creator_id, revoked_at=None, expires_at__gt=now
    ).count()
    if valid < MAX_TOKENS:
        return
    raise Refused(
        Refusal(
            rule=rules.TOO_MANY_TOKENS,
            scope=tenant_key or _("the platform"),
            dimension=_("tokens"),
            limit=MAX_TOKENS,
            now=valid,
            asked=valid + 1,
            short_by=valid + 1 - MAX_TOKENS,
            who=_("You"),
            next_step=_("Revoke a token that you no longer use."),
        )
    )


def _revoked() -> Conflict:
    """Nothing brings a revoked token back."""
    return Conflict(_("This token is revoked. Make a new one."), code="token-revoked")


def _record(viewer: Viewer, verb: str, token: ApiToken) -> None:
    audit.record(
        viewer=viewer,
        verb=verb,
        target_type="api-key",
        target_id=token.public_id,
        tenant_key=token.tenant_id or "",
        after={
            "name": token.name,
            "scopes": token.scopes,
            "expires_at": token.expires_at,
            "enabled": token.enabled,
        },
    )
    if token.tenant_id:
        live.publish(f"tenant:{token.tenant_id}", "tokens", tenant_key=token.tenant_id)
