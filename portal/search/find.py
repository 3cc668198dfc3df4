"""The search itself: one query over all kinds, the best of each kind first."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, F, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce

from portal.search.kinds import Hit, Row, SearchKind, kinds_all
from portal.viewer import Viewer

LONGEST = 100
SHORTEST = 2
MAX_DIGITS = 18
COLUMNS = (
    "search_kind",
    "search_rank",
    "search_key",
    "search_label",
    "search_note",
    "search_state",
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one kind; `more` says that there is more than that."""

    kind: SearchKind
    hits: list[Hit]
    more: bool


def search_text(text: str) -> str:
    """The text as it is looked for: one line, without control characters, of bearable length."""
    kept = "".join(
        " " if unicodedata.category(letter) in {"Cc", "Cs"} else letter for letter in text
    )
    return " ".join(kept.split())[:LONGEST].strip()


def search_enough(text: str) -> bool:
    """Tell whether a text says enough to look for it: two characters, or a number."""
    return len(text) >= SHORTEST or text.isdecimal()


def search_find(*, viewer: Viewer, text: str, most: int) -> list[Found]:
    """Look for a text in every kind; at most `most` of each, exact matches first. One query."""
    wanted = search_text(text)
    if not search_enough(wanted):
        return []
    parts = []
    for kind in kinds_all():
        rows = kind.rows(viewer)
        if rows is not None:
            parts.append(_matching(kind, rows, wanted)[: most + 1])
    if not parts:
        return []
    together = parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]
    found: dict[str, list[tuple[int, Row]]] = {}
    for name, rank, *columns in together:
        found.setdefault(name, []).append((rank, Row(*columns)))
    return [
        _found(kind, found[kind.name], viewer, most) for kind in kinds_all() if kind.name in found
    ]


def ref_number(text: str, ref: str) -> int | None:
    """The number that a text means where references read `ref` and a number; None for another."""
    digits = text.replace(",", "").upper().removeprefix(ref.upper())
    if ref.endswith("-"):
        digits = digits.removeprefix(ref[:-1].upper())
    good = digits.isascii() and digits.isdecimal() and len(digits) <= MAX_DIGITS
    return int(digits) if good else None


def _matching(kind: SearchKind, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Rows that hold the text, as COLUMNS, best first."""
    condition, name = Q(), kind.fields[0]
    for field in kind.fields:
        condition |= Q(**{f"{field}__icontains": text})
    ranks = [
        When(**{f"{name}__iexact": text}, then=0),
        When(**{f"{name}__istartswith": text}, then=1),
    ]
    number = ref_number(text, kind.ref) if kind.ref else None
    if number is not None:
        condition |= Q(pk=number)
        ranks.insert(0, When(pk=number, then=0))
    key, label, note = (_text(column) for column in kind.columns)
    chosen: QuerySet[Any] = rows.filter(condition).annotate(
        search_kind=Value(kind.name, CharField()),
        search_rank=Case(*ranks, default=2, output_field=IntegerField()),
        search_key=key,
        search_label=label,
        search_note=note,
        search_state=_text(kind.state),
    )
    newest_or_name = "-pk" if kind.ref else name
    ordered: QuerySet[Any] = chosen.order_by("search_rank", newest_or_name)
    return ordered.values_list(*COLUMNS)


def _text(column: str) -> Any:
    if not column:
        return Value("", TextField())
    return Coalesce(Cast(F(column), TextField()), Value("", TextField()))


def _found(kind: SearchKind, ranked: list[tuple[int, Row]], viewer: Viewer, most: int) -> Found:
    best = [row for _rank, row in sorted(ranked, key=lambda pair: pair[0])]
    return Found(kind, [kind.hit(viewer, row) for row in best[:most]], len(best) > most)
