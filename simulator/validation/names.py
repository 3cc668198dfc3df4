"""Names, labels and keys, and what is said of wrong ones (k8s.io/apimachinery validation)."""

from __future__ import annotations

import re
from typing import Any

from simulator.api.errors import Causes

LABEL_FORM = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN_FORM = LABEL_FORM + r"(\." + LABEL_FORM + ")*"
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must"
    " start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for"
    f" validation is '{LABEL_FORM}')"
)
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.',"
    " and must start and end with an alphanumeric character (e.g. 'example.com', regex used for"
    rf" validation is '{SUBDOMAIN_FORM}')"
)
KEY_FORM = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
KEY = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end"
    " with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for"
    f" validation is '{KEY_FORM}')"
)
TWO_SLASHES = (
    f"a valid label key {KEY} with an optional DNS subdomain prefix and '/' (e.g."
    " 'example.com/MyName')"
)
VALUE_FORM = f"({KEY_FORM})?"
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.',"
    " and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or"
    f" '12345', regex used for validation is '{VALUE_FORM}')"
)
CONFIG_KEY_FORM = "[-._a-zA-Z0-9]+"
CONFIG_KEY = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',"
    f"  or 'KEY_NAME',  or 'key-name', regex used for validation is '{CONFIG_KEY_FORM}')"
)
PORT_RANGE = "must be between 1 and 65535, inclusive"


def _longest(value: str, most: int, unit: str = "characters") -> list[str]:
    return [f"must be no more than {most} {unit}"] if len(value) > most else []


def label_problems(value: str) -> list[str]:
    """What is wrong with a DNS label."""
    found = _longest(value, 63)
    if not re.fullmatch(LABEL_FORM, value):
        dotted = re.fullmatch(SUBDOMAIN_FORM, value)
        found.append("must not contain dots" if dotted else LABEL)
    return found


def subdomain_problems(value: str) -> list[str]:
    """What is wrong with a DNS subdomain."""
    found = _longest(value, 253)
    return found if re.fullmatch(SUBDOMAIN_FORM, value) else [*found, SUBDOMAIN]


def segment_problems(value: str) -> list[str]:
    """What is wrong with a part of a path."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{sign}'" for sign in ("/", "%") if sign in value]


def key_problems(key: str) -> list[str]:
    """What is wrong with a qualified name."""
    prefix, slash, name = key.partition("/")
    if not slash:
        prefix, name = "", key
    if "/" in name:
        return [TWO_SLASHES]
    found = []
    if slash:
        empty = [] if prefix else ["must be non-empty"]
        found = [f"prefix part {why}" for why in empty or subdomain_problems(prefix)]
    if not name:
        found.append("name part must be non-empty")
    found += [f"name part {why}" for why in _longest(name, 63, "bytes")]
    if not re.fullmatch(KEY_FORM, name):
        found.append(f"name part {KEY}")
    return found


def value_problems(value: str) -> list[str]:
    """What is wrong with the value of a label."""
    found = _longest(value, 63, "bytes")
    return found if re.fullmatch(VALUE_FORM, value) else [*found, VALUE]


def config_key_problems(key: str) -> list[str]:
    """What is wrong with a key of a ConfigMap or a Secret."""
    found = _longest(key, 253)
    if not re.fullmatch(CONFIG_KEY_FORM, key):
        found.append(CONFIG_KEY)
    if key in (".", ".."):
        found.append(f"must not be '{key}'")
    elif key.startswith(".."):
        found.append("must not start with '..'")
    return found


def port_problems(port: Any) -> list[str]:
    """What is wrong with a port, by its number or its name."""
    if not isinstance(port, str):
        return [] if 0 < port < 65536 else [PORT_RANGE]
    found = [] if len(port) <= 15 else ["must be no more than 15 characters"]
    if not re.fullmatch("[-a-z0-9]+", port):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", port):
        found.append("must contain at least one letter (a-z)")
    if "--" in port:
        found.append("must not contain consecutive hyphens")
    if port and (port[0] == "-" or port[-1] == "-"):
        found.append("must not begin or end with a hyphen")
    return found


def labels_validate(labels: dict[str, str], path: str, causes: Causes) -> None:
    """Check keys and values of labels."""
    for key, value in sorted(labels.items()):
        for why in key_problems(key):
            causes.invalid(path, key, why)
        for why in value_problems(value):
            causes.invalid(path, value, why)


def selector_validate(selector: Any, path: str, causes: Causes) -> None:
    """Check a label selector."""
    selector = selector or {}
    labels_validate(selector.get("matchLabels") or {}, f"{path}.matchLabels", causes)
    for index, item in enumerate(selector.get("matchExpressions") or ()):
        here, values = f"{path}.matchExpressions[{index}]", item.get("values") or ()
        operator = item.get("operator", "")
        if operator in ("In", "NotIn"):
            if not values:
                why = "must be specified when `operator` is 'In' or 'NotIn'"
                causes.required(f"{here}.values", why)
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                causes.forbidden(f"{here}.values", why)
        else:
            causes.invalid(f"{here}.operator", operator, "not a valid selector operator")
        for why in key_problems(item.get("key", "")):
            causes.invalid(f"{here}.key", item.get("key", ""), why)
        for number, value in enumerate(values):
            for why in value_problems(value):
                causes.invalid(f"{here}.values[{number}]", value, why)
