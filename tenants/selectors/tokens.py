"""Tokens, with what the viewer may do to each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.fields import BooleanField

from portal.viewer import Viewer
from tenants.models import ApiToken


def tokens_shown(
    *, tenant_key: str | None, viewer: Viewer, now: datetime
) -> QuerySet[ApiToken, Any]:
    """Tokens of a tenant or (None) of the platform, those that still work first.

    Each has `usable`, `may_end` and `may_replace`.
    """
    works = Q(revoked_at=None, expires_at__gt=now)
    own = Q(created_by_id=viewer.user_id)
    any_of = Q() if viewer.can("token.edit", tenant_key) else own
    rows = ApiToken.objects.visible_to(viewer).filter(tenant_id=tenant_key)
    shown: QuerySet[ApiToken, Any] = (
        rows.select_related("created_by")
        .annotate(usable=_yes(works), may_end=_yes(works & any_of), may_replace=_yes(works & own))
        .order_by("-usable", "-created_at", "-pk")
    )
    return shown


def _yes(condition: Q) -> Case:
    return Case(
        When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()
    )
