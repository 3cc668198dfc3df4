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
    boxes: list[tuple[str, BoundField]]  # under which head each stands


class LimitsForm(forms.Form):
    """Up to which amounts requests need no operator; an empty row inherits from above."""

    def __init__(
        self, *args: Any, pools: Sequence[PoolName], resources: Sequence[str], limits: Limits
    ) -> None:
        super().__init__(*args)
        self.pools, self.resources, self.limits = pools, resources, limits
        for pool in pools:
            for resource in resources:
                self.fields[_name(pool.name, resource)] = self._box(pool, resource)

    def rows(self) -> Iterator[LimitsRow]:
        """Pools in their order."""
        heads = [" ".join(filter(None, head)) for head in self.heads()]
        for pool in self.pools:
            boxes = [self[_name(pool.name, name)] for name in self.resources]
            yield LimitsRow(pool, list(zip(heads, boxes, strict=True)))

    def heads(self) -> list[tuple[str, str]]:
        """Title and unit above each column."""
        return [(resource_title(name), amount_text(1, name).unit) for name in self.resources]

    def clean(self) -> dict[str, Any]:
        """Put all boxes together as `limits`; an untouched text keeps its exact amount."""
        cleaned = super().clean() or {}
        limits: dict[str, dict[str, int]] = {}
        for pool in self.pools:
            for resource in self.resources:
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
