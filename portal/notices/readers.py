"""Whom an e-mail goes to and in which language; the room that knows people may know better."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model


@dataclass(frozen=True, slots=True)
class Reader:
    """An address and a language code; no address means no e-mail."""

    email: str
    language: str


Languages = Callable[[Iterable[int]], Mapping[int, str]]
_languages: list[Languages] = []


def languages_register(find: Languages) -> None:
    """Set the function that gives people's chosen languages; called once, from `ready`."""
    _languages[:] = [find]


def readers_find(user_ids: Iterable[int]) -> dict[int, Reader]:
    """Active users by id, with address and language."""
    wanted = list(user_ids)
    users = get_user_model().objects.filter(pk__in=wanted, is_active=True)
    chosen = _languages[0](wanted) if _languages else {}
    return {
        user.pk: Reader(user.email, chosen.get(user.pk) or settings.LANGUAGE_CODE) for user in users
    }
