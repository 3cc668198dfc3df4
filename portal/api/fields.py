"""Fields that several resources share; each says what it needs."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from portal.amounts import MAX_AMOUNT

MAX_DIMENSIONS = 64
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


class NameField(serializers.CharField):
    """A name that Kubernetes takes as a label (RFC 1123)."""

    default_error_messages = {
        "label": _(
            "Use up to {most} lower-case letters, digits and dashes; begin and end with a letter"
            " or digit."
        ),
    }

    def __init__(self, *, longest: int = 63, **kwargs: Any) -> None:
        self.longest = longest
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The name unchanged; no trimming and no lowering that would make it another one."""
        if not isinstance(data, str) or len(data) > self.longest or not LABEL.fullmatch(data):
            self.fail("label", most=self.longest)
        return data


class KeyField(NameField):
    """A tenant's key, or the name of a cluster, a pool or a device type."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=40, **kwargs)


class StrictIntegerField(serializers.Field[int, Any, int, Any]):
    """A whole number as JSON writes it: no "7", no 7.0, no true, no 1e18."""

    default_error_messages = {
        "whole": _("Give a whole number without quotes, point or exponent."),
        "range": _("Give a number from {least} to {most}."),
    }

    def __init__(self, *, least: int = 0, most: int = MAX_AMOUNT, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        """The number; ValidationError where it is none or out of range."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("whole")
        if not self.least <= data <= self.most:
            self.fail("range", least=self.least, most=self.most)
        return data

    def to_representation(self, value: int) -> int:
        """The number."""
        return value


class StrictTextField(serializers.CharField):
    """Text without the spaces around it: a number is no text."""

    def to_internal_value(self, data: Any) -> str:
        """The text; ValidationError for anything else."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class TextField(StrictTextField):
    """Text as it was sent: a number is no text, and nothing is trimmed in silence."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)


class FlagField(serializers.BooleanField):
    """true or false as JSON writes them; not "yes", not 1."""

    def to_internal_value(self, data: Any) -> bool:
        """The value; ValidationError for anything else."""
        if not isinstance(data, bool):
            self.fail("invalid", input=str(data)[:60])
        return data


class AmountsField(serializers.Field[dict[str, int], Any, dict[str, int], Any]):
    """Amounts by dimension: cpu in milli-cores, memory in bytes, device types in whole devices."""

    default_error_messages = {
        "object": _('Give an object such as {{"cpu": 4000, "memory": 8589934592}}.'),
        "empty": _("Give at least one amount."),
        "many": _("Give at most {most} amounts."),
        "name": _("This is no name of a resource: use cpu, memory or a device type's name."),
    }

    def __init__(self, *, allow_empty: bool = False, least: int = 0, **kwargs: Any) -> None:
        self.allow_empty = allow_empty
        self.amount = StrictIntegerField(least=least)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> dict[str, int]:
        """The amounts; ValidationError naming each dimension that is wrong."""
        if not isinstance(data, dict):
            self.fail("object")
        if not data and not self.allow_empty:
            self.fail("empty")
        if len(data) > MAX_DIMENSIONS:
            self.fail("many", most=MAX_DIMENSIONS)
        amounts: dict[str, int] = {}
        errors: dict[str, Any] = {}
        for name, value in data.items():
            try:
                amounts[self._name(name)] = self.amount.to_internal_value(value)
            except serializers.ValidationError as error:
                errors[str(name)[:63]] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return amounts

    def to_representation(self, value: dict[str, int]) -> dict[str, int]:
        """The amounts."""
        return value

    def _name(self, name: Any) -> str:
        if not isinstance(name, str) or len(name) > 40 or not LABEL.fullmatch(name):
            self.fail("name")
        return str(name)
