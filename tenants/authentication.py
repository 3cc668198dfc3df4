"""From the Authorization header of a request to a viewer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import ApiToken
from tenants.selectors.viewers import token_facts, viewer_for_token
from tenants.tokens import digest_matches, peppers_parse, token_text_parse

TOUCH_EVERY = timedelta(minutes=1)
NO_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True)
class TokenFound:
    """A token that was accepted."""

    token_id: int
    public_id: str
    viewer: Viewer


def token_authenticate(*, text: str, address: str | None, now: datetime) -> TokenFound | None:
    """Check a token as sent; None for whatever is wrong with it, so that callers can't tell.

    Writes last use and address at most once a minute.
    """
    sent = token_text_parse(text)
    if sent is None:
        return None
    facts = token_facts(sent.public_id)
    digest = bytes.fromhex(facts["digest"]) if facts else NO_DIGEST
    peppers = peppers_parse(settings.TOKEN_PEPPER)
    pepper = peppers.get(facts["pepper_number"]) if facts else None
    right = digest_matches(sent.secret, pepper, digest)
    if facts is None or not right or not _usable(facts, now):
        return None
    viewer = viewer_for_token(facts)
    if viewer.kind != "token":
        return None
    _touch(facts, viewer, address, now)
    return TokenFound(facts["id"], facts["public_id"], viewer)


def _usable(facts: dict[str, Any], now: datetime) -> bool:
    return facts["enabled"] and not facts["revoked"] and facts["expires_at"] > now.timestamp()


def _touch(facts: dict[str, Any], viewer: Viewer, address: str | None, now: datetime) -> None:
    last = facts["last_used_at"]
    if last is not None and last > (now - TOUCH_EVERY).timestamp():
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - TOUCH_EVERY)
    with scope(viewer):
        ApiToken.objects.filter(stale, pk=facts["id"]).update(
            last_used_at=now, last_used_ip=address
        )
