"""The form for automatic approval: pools down, resources across."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _

from portal.ui.units import amount_text, resource_title
from scheduling.forms import amount_input, amount_parse
from tenants.selectors.limits import PoolName

Limits = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class LimitsRow:
    """One pool with its boxes."""

    pool: PoolName
    boxes: list[tuple[str, BoundField]]  # each with its title and unit
    above: str  # what holds while the row is empty


class LimitsForm(forms.Form):
    """Up to which amounts requests need no operator; an empty row inherits from above."""

    def __init__(
        self,
        *args: Any,
        pools: Sequence[PoolName],
        resources: Mapping[str, Sequence[str]],
        limits: Limits,
        above: Mapping[str, str],
    ) -> None:
        super().__init__(*args)
        self.pools, self.resources, self.limits, self.above = pools, resources, limits, above
        for pool in pools:
            for resource in resources[pool.name]:
                self.fields[_name(pool.name, resource)] = self._box(pool, resource)

    def rows(self) -> Iterator[LimitsRow]:
        """Pools in their order."""
        for pool in self.pools:
            boxes = [
                (_head(name), self[_name(pool.name, name)]) for name in self.resources[pool.name]
            ]
            yield LimitsRow(pool, boxes, self.above.get(pool.name, ""))

    def clean(self) -> dict[str, Any]:
        """Put all boxes together as `limits`; an untouched text keeps its exact amount."""
        cleaned = super().clean() or {}
        limits: dict[str, dict[str, int]] = {}
        for pool in self.pools:
            for resource in self.resources[pool.name]:
                text = str(cleaned.get(_name(pool.name, resource), "")).strip()
                if text:
                    amount = self._amount(pool.name, resource, text)
                    limits.setdefault(pool.name, {})[resource] = amount
        return cleaned | {"limits": limits}

    def _box(self, pool: PoolName, resource: str) -> forms.CharField:
        now = self.limits.get(pool.name, {}).get(resource)
        label = _("%(resource)s in %(pool)s") % {
            "resource": resource_title(resource),
            "pool": pool.title,
        }
        attrs = {"inputmode": "decimal", "autocomplete": "off", "aria-label": label}
        return forms.CharField(
            label=label,
            required=False,
            max_length=24,
            initial="" if now is None else amount_input(now, resource),
            widget=forms.TextInput(attrs=attrs | {"class": "b-input b-num-input"}),
        )

    def _amount(self, pool: str, resource: str, text: str) -> int:
        now = self.limits.get(pool, {}).get(resource)
        if now is not None and text == amount_input(now, resource):
            return now
        try:
            return amount_parse(text, resource)
        except ValueError as error:
            self.add_error(_name(pool, resource), str(error))
            return 0


def _name(pool: str, resource: str) -> str:
    return f"{pool}--{resource}"


def _head(resource: str) -> str:
    return " ".join(filter(None, (resource_title(resource), amount_text(1, resource).unit)))
