"""Checks of what people send, each answering with a sentence per field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.amounts import MAX_AMOUNT
from portal.errors import FieldErrors
from portal.joins import list_join
from tenants.models import KEY_HELP, KEY_PATTERN

KEY = re.compile(KEY_PATTERN)
MAX_POOLS = 200


def key_check(errors: FieldErrors, field: str, value: str) -> None:
    """A label-safe key of at most 40 characters."""
    if len(value) > 40 or not KEY.fullmatch(value):
        errors.add(field, KEY_HELP)


def text_check(errors: FieldErrors, field: str, value: str, *, max_length: int) -> None:
    """One line of printable text that is not empty."""
    if not value.strip():
        errors.add(field, _("Please fill this in."))
    elif len(value) > max_length:
        sentence = _("At most %(limit)s characters; this has %(now)s.")
        errors.add(field, sentence % {"limit": max_length, "now": len(value)})
    elif any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in value):
        errors.add(field, _("One line of text without control characters."))


def choice_check(errors: FieldErrors, field: str, value: str, choices: Collection[str]) -> None:
    """One word of a closed list."""
    if value not in choices:
        errors.add(field, _("One of: %(choices)s.") % {"choices": list_join(sorted(choices))})


def limits_check(errors: FieldErrors, field: str, value: object) -> None:
    """{pool name: {resource: amount}}, amounts being whole numbers in the base unit."""
    if not isinstance(value, Mapping) or len(value) > MAX_POOLS:
        errors.add(field, _('An object such as {"POOL": {"cpu": 4000, "memory": 8589934592}}.'))
        return
    for pool, amounts in value.items():
        _amounts_check(errors, f"{field}.{pool}", pool, amounts)


def _amounts_check(errors: FieldErrors, field: str, pool: object, amounts: Any) -> None:
    if not isinstance(pool, str) or len(pool) > 40 or not KEY.fullmatch(pool):
        errors.add(field, _("A pool's name has small letters, digits and hyphens."))
    if not isinstance(amounts, Mapping) or len(amounts) > MAX_POOLS:
        errors.add(field, _('Amounts such as {"cpu": 4000, "memory": 8589934592}.'))
        return
    for resource, amount in amounts.items():
        whole = isinstance(amount, int) and not isinstance(amount, bool)
        if not whole or not 0 <= amount <= MAX_AMOUNT:
            errors.add(
                f"{field}.{resource}",
                _("A whole number from 0 to %(limit)s, in milli-cores, bytes or devices.")
                % {"limit": MAX_AMOUNT},
            )
