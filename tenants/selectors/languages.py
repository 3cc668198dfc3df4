"""In which language people want their mail."""

from __future__ import annotations

from collections.abc import Iterable

from tenants.models import UserPreference


def languages_of(user_ids: Iterable[int]) -> dict[int, str]:
    """Chosen languages by user id; whoever follows the browser is left out."""
    chosen = UserPreference.objects.filter(user_id__in=list(user_ids)).exclude(language="")
    return dict(chosen.values_list("user_id", "language"))
