"""Filters of a list, kept in the address and shown as a bar with removable chips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.http import HttpRequest
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_filters.widgets import BooleanWidget

from portal.joins import list_join

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NOT_FILTERS = frozenset({"page", "per_page", "sort"})


class WordedBoolean(BooleanWidget):
    """A yes and a no in words of their own, since neither says much by itself."""

    def __init__(self, *, yes: StrOrPromise, no: StrOrPromise, either: StrOrPromise) -> None:
        super().__init__()
        self.choices = (("true", yes), ("false", no), ("", either))


@dataclass(frozen=True, slots=True)
class FilterChip:
    """One filter in force: its name, its value in words, and the address without it."""

    label: str
    value: str
    remove_url: str


class BerthFilterSet(django_filters.FilterSet):
    """A filter set that can say what is in force.

    Use it as `f = NodeFilter(request.GET, queryset=..., request=request)`, hand `f` to the
    page as `filter` and `f.qs` to the table. Unknown values filter nothing and say so in the form.
    """

    @cached_property
    def form(self) -> forms.Form:
        """The filters' form. Text boxes show their label inside, since the bar has no room;
        choices that come from the database are asked for once, not at each look.
        """
        found: forms.Form = super().form
        for field in found.fields.values():
            if isinstance(field.widget, forms.TextInput) and field.label:
                field.widget.attrs.setdefault("placeholder", str(field.label))
            if isinstance(field, forms.ChoiceField):
                field.choices = list(field.choices)  # type: ignore[arg-type]
        return found

    @property
    def chips(self) -> list[FilterChip]:
        """Filters in force, in the form's order."""
        return list(self._chips())

    @property
    def clear_url(self) -> str:
        """The list without any filter; sorting stays."""
        dropped = {*self.form.fields, "page"}
        kept = [(name, self.data[name]) for name in self.data if name not in dropped]
        return f"?{urlencode(kept)}"

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Parameters that the filter form must carry along: sorting and page size."""
        return [(name, self.data[name]) for name in ("sort", "per_page") if self.data.get(name)]

    @property
    def rest_query(self) -> str:
        """The filters in force as REST takes them: it knows the same names, but no page's order."""
        names = [
            name for name in self.form.fields if name in self.data and name not in self.form.errors
        ]
        pairs = [(name, value) for name in names for value in self.data.getlist(name) if value]
        return urlencode(pairs)

    def _chips(self) -> Iterator[FilterChip]:
        if not self.form.is_valid():
            return
        for name, field in self.form.fields.items():
            value = self.form.cleaned_data.get(name)
            if value in (None, "", [], ()) or not self.data.get(name):
                continue
            yield FilterChip(str(field.label or name), _words(field, value), self._without(name))

    def _without(self, name: str) -> str:
        kept = self.data.copy()
        kept.pop(name, None)
        kept.pop("page", None)
        return f"?{kept.urlencode()}"


def _words(field: forms.Field, value: Any) -> str:
    if isinstance(value, bool):
        worded = isinstance(field.widget, WordedBoolean)
        words = dict(field.widget.choices) if worded else {"true": _("yes"), "false": _("no")}
        return str(words[str(value).lower()])
    choices: Any = field.choices if isinstance(field, forms.ChoiceField) else ()
    titles = {str(key): str(label) for key, label in choices}
    values = value if isinstance(value, (list, tuple)) else [value]
    return list_join(titles.get(str(entry), str(entry)) for entry in values)


def filters_in_force(request: HttpRequest) -> bool:
    """Tell whether the address filters at all: an empty result then has another reason."""
    return any(value for name, value in request.GET.items() if name not in NOT_FILTERS)
