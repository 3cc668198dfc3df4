"""Forms of this app: they check shape and call nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.amounts import MAX_AMOUNT
from portal.pages import generation_read
from portal.ui.units import amount_text
from scheduling.selectors.quota_grid import Grid
from scheduling.services.quota import QuotaEdit

SCALES = {"cpu": 1000, "memory": 1024**3}
MAX_TEXT = 24


class ReleaseForm(forms.Form):
    """Why an allocation is given back."""

    why = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": "2"}),
        help_text=gettext_lazy("Stands in the activity of the tenant."),
    )


class ReplaceForm(forms.Form):
    """Why an allocation is placed anew."""

    why = forms.CharField(label=gettext_lazy("Reason"), max_length=500)


@dataclass(frozen=True, slots=True)
class TypedCell:
    """What somebody typed into a cell, and the row's generation that they saw."""

    text: str
    generation: int


@dataclass(frozen=True, slots=True)
class GridEdits:
    """What a posted grid asks for: edits, sentences for cells that are wrong, texts as typed."""

    edits: list[QuotaEdit]
    errors: dict[tuple[int, str], str]
    typed: dict[tuple[int, str], TypedCell]
    why: str


def amount_input(amount: int, resource: str) -> str:
    """An amount as it stands in its box, without its unit."""
    return amount_text(amount, resource).number


def amount_parse(text: str, resource: str) -> int:
    """Cores, GiB or devices as typed, in base units. Raises ValueError with a sentence."""
    plain = text.strip().replace(",", "")
    try:
        number = Decimal(plain) if 0 < len(plain) <= MAX_TEXT else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise ValueError(_("Give a number from 0 up, with a point for decimals."))
    amount = number * SCALES.get(resource, 1)
    if amount != amount.to_integral_value():
        raise ValueError(
            _("Give at most three decimals.")
            if resource == "cpu"
            else _("Give whole devices.")
            if resource != "memory"
            else _("Give an amount that is whole bytes.")
        )
    if amount > MAX_AMOUNT:
        raise ValueError(_("That is more than Berth can count (2^53 - 1 in base units)."))
    return int(amount)


def grid_read(post: Mapping[str, str], grid: Grid) -> GridEdits:
    """Read a posted grid: a cell counts as edited where its text is not the one it was sent with.

    Names are v-<node id>-<resource>; beside each stands o-... "generation|text as sent".
    """
    edits: list[QuotaEdit] = []
    errors: dict[tuple[int, str], str] = {}
    typed: dict[tuple[int, str], TypedCell] = {}
    for row in grid.rows:
        for resource in grid.resources:
            place = (row.node_id, resource)
            text = post.get(f"v-{row.node_id}-{resource}", "").strip()[: MAX_TEXT + 1]
            sent, _bar, was = post.get(f"o-{row.node_id}-{resource}", "").partition("|")
            if not text or text == was:
                continue
            # A number that is set for the first time begins with generation 1, whoever makes it.
            generation = generation_read(sent) or 1
            typed[place] = TypedCell(text, generation)
            try:
                amount = amount_parse(text, resource)
            except ValueError as error:
                errors[place] = str(error)
            else:
                edits.append(
                    QuotaEdit(row.tenant_key, grid.pool.name, resource, amount, generation)
                )
    return GridEdits(edits, errors, typed, post.get("why", "").strip()[:500])
