"""Acts on many rows of a list: what is chosen, a sentence before, and what came of each after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from portal.errors import BerthError, Invalid, NotFound
from portal.pages import reason_sent

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django_stubs_ext import StrOrPromise

MOST = 100  # as many as a page has rows
MOST_DIGITS = 18

Row = TypeVar("Row", bound="Model")


@dataclass(frozen=True, slots=True)
class BulkAct:
    """One thing that may be done to many: the button's word, and the sentence that warns."""

    value: str
    label: StrOrPromise
    text: StrOrPromise
    icon: str = ""
    danger: bool = False


@dataclass(frozen=True, slots=True)
class BulkAsk:
    """What was posted; `sure` once the person has said yes."""

    ids: tuple[int, ...]
    act: BulkAct
    sure: bool
    why: str


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What came of one row, in words."""

    name: str
    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Bulk(Generic[Row]):
    """A list that may be acted on.

    `rows` are those that the viewer sees, `name` says which one is meant, `do` calls a service
    that is a transaction of its own and returns a sentence; what it raises is that row's answer.
    """

    rows: QuerySet[Row]
    acts: Sequence[BulkAct]
    name: Callable[[Row], str]
    do: Callable[[Row, BulkAsk], StrOrPromise]
    title: StrOrPromise
    back: str
    layout: str


def bulk_answer(request: HttpRequest, bulk: Bulk[Row]) -> HttpResponseBase:
    """Ask for a yes, or act and say what came of each row. Raises Invalid, or NotFound."""
    ask = _ask_read(request, bulk.acts)
    found = bulk.rows.in_bulk(ask.ids)
    rows = [found[number] for number in ask.ids if number in found]
    if not rows:
        raise NotFound
    context: dict[str, Any] = {"bulk": bulk, "ask": ask, "gone": len(ask.ids) - len(rows)}
    if ask.sure:
        results = [_result(row, bulk, ask) for row in rows]
        context["results"] = sorted(results, key=lambda result: result.ok)
        context["done"] = sum(result.ok for result in results)
    else:
        context["chosen"] = [(row.pk, bulk.name(row)) for row in rows]
    return render(request, "portal/bulk.html", context)


def _ask_read(request: HttpRequest, acts: Sequence[BulkAct]) -> BulkAsk:
    texts = request.POST.getlist("ids")
    if not 0 < len(texts) <= MOST or not all(map(_is_number, texts)):
        sentence = _("Choose at least one row, and at most %(most)s.")
        raise Invalid(fields={"ids": [sentence % {"most": MOST}]})
    sure = request.POST.get("sure", "")
    wanted = sure or request.POST.get("act", "")
    act = next((act for act in acts if act.value == wanted), None)
    if act is None:
        raise Invalid(fields={"act": [_("Choose what to do with these rows.")]})
    ids = tuple(dict.fromkeys(map(int, texts)))
    return BulkAsk(ids, act, bool(sure), reason_sent(request))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS


def _result(row: Row, bulk: Bulk[Row], ask: BulkAsk) -> BulkResult:
    name = bulk.name(row)
    try:
        return BulkResult(name, True, str(bulk.do(row, ask)))
    except BerthError as error:
        return BulkResult(name, False, error.sentences)
