"""What stands in a request's `ask`, read field by field from what people and programs send. Pure.

A draft may be incomplete, but what it holds has the right type already: nothing that is stored has
to be distrusted later. Completeness and existence are checked when a request is submitted.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from portal.amounts import MAX_AMOUNT
from portal.errors import FieldErrors, Invalid
from portal.joins import list_join
from scheduling.choices import AllocationKind
from tenants.choices_requests import RequestKind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_AMOUNTS = 64
MAX_LINE = 4096
MAX_ASK_BYTES = 256 * 1024
CONTROL = frozenset({"Cc", "Cs", "Zl", "Zp"})

Problem = Callable[[Any], "StrOrPromise | None"]


def line_problem(value: Any) -> StrOrPromise | None:
    """One line of text, perhaps empty."""
    if not isinstance(value, str):
        return _("Give a text.")
    if len(value) > MAX_LINE or any(unicodedata.category(letter) in CONTROL for letter in value):
        return _("Give one line of text without control characters.")
    return None


def whole_problem(value: Any) -> StrOrPromise | None:
    """A whole number as JSON writes it: no text, no point, no true."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and 0 <= value <= MAX_AMOUNT:
        return None
    return _("Give a whole number from 0 to %(most)s.") % {"most": MAX_AMOUNT}


def is_open(ask: Mapping[str, Any]) -> bool:
    """Tell whether an ask is for open capacity."""
    return ask.get("kind") == AllocationKind.OPEN


def amounts_problem(value: Any) -> StrOrPromise | None:
    """{resource: whole number}; what is wrong with one amount is told apart (amount_problems)."""
    if not isinstance(value, Mapping) or len(value) > MAX_AMOUNTS:
        return _('Give an object such as {"cpu": 4000, "memory": 8589934592}.')
    if not all(name and len(str(name)) <= 63 and line_problem(name) is None for name in value):
        return _("Use cpu, memory or a device type's name as the name of each amount.")
    return None


def amount_problems(value: Mapping[str, Any]) -> dict[str, StrOrPromise]:
    """What is wrong with the amounts, by resource."""
    found = {name: whole_problem(amount) for name, amount in value.items()}
    return {name: problem for name, problem in found.items() if problem is not None}


def consent_problem(value: Any) -> StrOrPromise | None:
    """{"evict": bool, "rerun": bool}, each optional."""
    known = isinstance(value, Mapping) and set(value) <= {"evict", "rerun"}
    if not known or not all(isinstance(agreed, bool) for agreed in value.values()):
        return _('Give an object such as {"evict": false, "rerun": true}.')
    return None


def spec_problem(value: Any) -> StrOrPromise | None:
    """An object; image and names of the environment without control characters.

    What the fields have to be is scheduling's to check (scheduling.spec).
    """
    if not isinstance(value, Mapping):
        return _('Give an object such as {"image": "registry.example/team/name:tag"}.')
    env = value.get("env")
    names = [*env] if isinstance(env, Mapping) else []
    image = value.get("image", "")
    if any(line_problem(text) is not None for text in [image, *names]):
        return _("Image and names of variables are one line of text without control characters.")
    return None


def text_problem(value: Any) -> StrOrPromise | None:
    """Text of any depth without NUL characters and half characters: PostgreSQL keeps neither."""
    try:
        text = json.dumps(value, ensure_ascii=False)
        too_long = len(text.encode()) > MAX_ASK_BYTES
    except (UnicodeError, TypeError, ValueError, RecursionError):
        return _("Use plain JSON with whole characters.")
    if too_long:
        return _("All in all at most %(most)s KiB.") % {"most": MAX_ASK_BYTES // 1024}
    return _("Leave out NUL characters.") if _has_nul(value) else None


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_has_nul(name) or _has_nul(inner) for name, inner in value.items())
    return isinstance(value, list) and any(_has_nul(inner) for inner in value)


FIELDS: Mapping[str, Mapping[str, Problem]] = {
    RequestKind.ALLOCATION: {
        "kind": line_problem,
        "name": line_problem,
        "pool": line_problem,
        "cluster": line_problem,
        "replicas": whole_problem,
        "shape": amounts_problem,
        "runs_as": line_problem,
        "spec": spec_problem,
        "consent": consent_problem,
    },
    RequestKind.QUOTA: {"pool": line_problem, "guaranteed": amounts_problem},
    RequestKind.RENEW: {"allocation": whole_problem},
}
OFFER_FIELDS: Mapping[str, frozenset[str]] = {
    RequestKind.ALLOCATION: frozenset({"replicas", "shape"}),
    RequestKind.QUOTA: frozenset({"guaranteed"}),
    RequestKind.RENEW: frozenset(),
}


def ask_read(*, kind: str, data: Any, only: frozenset[str] | None = None) -> dict[str, Any]:
    """The ask as plain data, each field of its type; `only` narrows which fields there may be.

    Raises Invalid naming each wrong field as "ask.<field>".
    """
    errors = FieldErrors()
    known = FIELDS[kind]
    names = frozenset(known) if only is None else only
    if not isinstance(data, Mapping):
        errors.add("ask", _("Give an object."))
        errors.raise_any()
    for name, value in data.items():
        if name not in names:
            sentence = _("There is no such field. Known: %(names)s.")
            errors.add(f"ask.{str(name)[:60]}", sentence % {"names": list_join(sorted(names))})
            continue
        problem = known[name](value)
        if problem is not None:
            errors.add(f"ask.{name}", problem)
        elif known[name] is amounts_problem:
            for resource, wrong in amount_problems(value).items():
                errors.add(f"ask.{name}.{resource}", wrong)
    problem = text_problem(data)
    if problem is not None:
        errors.add("ask", problem)
    errors.raise_any()
    return dict(data)


def fields_require(*, kind: str, ask: Mapping[str, Any]) -> None:
    """What must be there before somebody can decide; raises Invalid."""
    needed = {
        RequestKind.ALLOCATION: ("kind", "name", "pool", "replicas", "shape"),
        RequestKind.QUOTA: ("pool", "guaranteed"),
        RequestKind.RENEW: ("allocation",),
    }[RequestKind(kind)]
    missing = [name for name in needed if ask.get(name) in (None, "", {})]
    sentences = {"guaranteed": _("Change at least one amount from what you have now.")}
    if missing:
        words = {name: sentences.get(name, _("Please fill this in.")) for name in missing}
        raise Invalid(fields={f"ask.{name}": [words[name]] for name in missing})
