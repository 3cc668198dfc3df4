"""Checks of what people send about clusters, pools and devices: one sentence per field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from inventory import labels as keys
from inventory.choices import SelectorOperator
from inventory.divide import STANDARD_KEYS, is_extended
from portal.errors import FieldErrors

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", re.ASCII)
LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", re.ASCII)
LABEL_DOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", re.ASCII)
MAX_TITLE = 120
MAX_ITEMS = 50
MAX_ORDERING = 10_000
EFFECTS = ("", "NoSchedule", "PreferNoSchedule", "NoExecute")
TOLERATION_KEYS = {"key", "operator", "value", "effect"}


def name_check(errors: FieldErrors, field: str, value: object) -> None:
    """A name that is also a label value: it can't be changed later."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        errors.add(
            field,
            _("Use 1 to 40 small letters, digits and hyphens, with no hyphen at either end."),
        )


def title_check(errors: FieldErrors, field: str, value: object) -> None:
    """One line of printable text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        errors.add(field, _("Please fill this in."))
    elif len(value) > MAX_TITLE:
        errors.add(field, _("At most %(limit)s characters.") % {"limit": MAX_TITLE})
    elif any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in value):
        errors.add(field, _("One line of text without control characters."))


def number_check(errors: FieldErrors, field: str, value: object, *, least: int, most: int) -> None:
    """A whole number within bounds; True and False are none."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not least <= value <= most:  # type: ignore[operator]
        text = _("A whole number from %(least)s to %(most)s.")
        errors.add(field, text % {"least": least, "most": most})


def is_label_key(key: object) -> bool:
    """Tell whether Kubernetes takes this as the key of a label or a taint."""
    if not isinstance(key, str):
        return False
    domain, slash, name = key.rpartition("/")
    return bool(LABEL_NAME.fullmatch(name)) and (not slash or bool(LABEL_DOMAIN.fullmatch(domain)))


def is_label_value(value: object) -> bool:
    """Tell whether Kubernetes takes this as the value of a label."""
    return isinstance(value, str) and (value == "" or bool(LABEL_NAME.fullmatch(value)))


def labels_check(errors: FieldErrors, field: str, value: object) -> None:
    """A mapping of labels."""
    if not isinstance(value, Mapping) or len(value) > MAX_ITEMS:
        errors.add(field, _('Labels such as {"zone": "a"}, at most %(n)s.') % {"n": MAX_ITEMS})
        return
    for key, text in value.items():
        if not is_label_key(key) or not is_label_value(text):
            sentence = _("%(key)s is no label that Kubernetes takes.")
            errors.add(field, sentence % {"key": repr(str(key)[:80])})


def selector_check(errors: FieldErrors, field: str, value: object) -> None:
    """A list of {"key", "operator", "values"}; none at all fits every node."""
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        errors.add(
            field,
            _('A list such as [{"key": "zone", "operator": "In", "values": ["a"]}].'),
        )
        return
    for term in value:
        sentence = _term_problem(term)
        if sentence is not None:
            errors.add(field, sentence)


def _term_problem(term: Any) -> StrOrPromise | None:
    if not isinstance(term, Mapping) or not set(term) <= {"key", "operator", "values"}:
        return _("Each condition has a key, an operator and values, and nothing else.")
    values = term.get("values", [])
    if not is_label_key(term.get("key")):
        return _("A condition needs the key of a label.")
    if term["key"] == keys.POOL:
        return _("A pool can't be chosen by the label that Berth writes for it.")
    if term.get("operator") not in SelectorOperator.values:
        return _("The operator is one of In, NotIn, Exists and DoesNotExist.")
    if not isinstance(values, list) or not all(map(is_label_value, values)):
        return _("The values of a condition are label values.")
    takes_values = term["operator"] in {SelectorOperator.IN, SelectorOperator.NOT_IN}
    if takes_values != bool(values):
        return _("In and NotIn need values; Exists and DoesNotExist take none.")
    return None


def tolerations_check(errors: FieldErrors, field: str, value: object) -> None:
    """Tolerations as in Kubernetes, each with a key: nothing tolerates everything."""
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        errors.add(field, _("A list of tolerations, as in Kubernetes."))
        return
    for item in value:
        good = (
            isinstance(item, Mapping)
            and set(item) <= TOLERATION_KEYS
            and is_label_key(item.get("key"))
            and item.get("operator", "Equal") in ("Equal", "Exists")
            and item.get("effect", "") in EFFECTS
            and is_label_value(item.get("value", ""))
            and not (item.get("operator") == "Exists" and item.get("value"))
        )
        if not good:
            errors.add(
                field,
                _("A toleration has a key, operator Equal or Exists, and a value or an effect."),
            )


def resource_key_check(errors: FieldErrors, field: str, value: object) -> None:
    """The name of an extended resource, such as nvidia.com/gpu."""
    if not is_label_key(value) or not is_extended(str(value)):
        errors.add(field, _("The name of a device resource, such as nvidia.com/gpu."))


def device_name_check(errors: FieldErrors, field: str, value: object) -> None:
    """A name that no ordinary resource has."""
    name_check(errors, field, value)
    if value in STANDARD_KEYS:
        errors.add(field, _("This is the name of an ordinary resource. Choose another."))
