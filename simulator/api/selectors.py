"""Label and field selectors of lists and watches."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from simulator.api.errors import bad_request
from simulator.objects import Object, labels_of

Test = Callable[[Object], bool]
TOKEN = re.compile(r"\s*(!=|==|=|!|,|\(|\)|[^\s=!,()<>]+|[<>])")
FIELDS: dict[str, set[str]] = {
    "Pod": {
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
        "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName",
    },
    "Node": {"spec.unschedulable"},
    "Namespace": {"status.phase"},
    "Event": {
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
        "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
        "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
    },
    "Secret": {"type"},
    "Job": {"status.successful"},
}  # fmt: skip


def label_test(text: str) -> Test | None:
    """A test for a label selector; None where there is nothing to test. Raises StatusError."""
    tests = _requirements(text)
    if not tests:
        return None
    return lambda obj: all(test(labels_of(obj)) for test in tests)


def _requirements(text: str) -> list[Callable[[Mapping[str, str]], bool]]:
    tokens = TOKEN.findall(text)
    tests: list[Callable[[Mapping[str, str]], bool]] = []
    while tokens:
        tests.append(_requirement(tokens))
        if tokens:
            found = tokens.pop(0)
            if found != ",":
                raise bad_request(f"found '{found}', expected: ',' or 'end of string'")
    return tests


def _requirement(tokens: list[str]) -> Callable[[Mapping[str, str]], bool]:
    key = tokens.pop(0)
    if key == "!":
        absent = tokens.pop(0)
        return lambda labels: absent not in labels
    if not tokens or tokens[0] == ",":
        return lambda labels: key in labels
    operator = tokens.pop(0)
    if operator in ("=", "=="):
        value = _value(tokens)
        return lambda labels: labels.get(key) == value
    if operator == "!=":
        other = _value(tokens)
        return lambda labels: labels.get(key) != other
    if operator in ("in", "notin"):
        values = _values(tokens)
        if operator == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    raise bad_request(
        f"unable to parse requirement: found '{operator}', expected: in, notin, =, ==, !=, gt, lt"
    )


def _value(tokens: list[str]) -> str:
    return tokens.pop(0) if tokens and tokens[0] != "," else ""


def _values(tokens: list[str]) -> set[str]:
    found: set[str] = set()
    if not tokens or tokens.pop(0) != "(":
        raise bad_request("unable to parse requirement: found '', expected: '('")
    while tokens:
        word = tokens.pop(0)
        if word == ")":
            return found
        if word != ",":
            found.add(word)
    raise bad_request("unable to parse requirement: found '', expected: ',', ')' or identifier")


def field_test(text: str, kind: str) -> Test | None:
    """A test for a field selector; None where there is nothing to test. Raises StatusError."""
    tests: list[Test] = []
    for part in filter(None, text.split(",")):
        found = re.fullmatch(r"([^=!]+)(!=|==|=)(.*)", part)
        if found is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        tests.append(_field(found[1], found[2], found[3], kind))
    if not tests:
        return None
    return lambda obj: all(test(obj) for test in tests)


def _field(path: str, operator: str, value: str, kind: str) -> Test:
    if path not in FIELDS.get(kind, set()) | {"metadata.name", "metadata.namespace"}:
        known = '"metadata.name", "metadata.namespace"'
        if kind in FIELDS:
            raise bad_request(f"field label not supported: {path}")
        raise bad_request(f'"{path}" is not a known field selector: only {known}')
    keys = path.split(".")
    equal = operator != "!="

    def test(obj: Object) -> bool:
        found: Any = obj
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if path == "source":
            found = (obj.get("source") or {}).get("component")
        text = ("true" if found else "false") if isinstance(found, bool) else str(found or "")
        if path in ("spec.unschedulable", "spec.hostNetwork") and not text:
            text = "false"
        return (text == value) is equal

    return test


def selector_test(selector: Mapping[str, Any] | None) -> Callable[[Mapping[str, str]], bool]:
    """A test of labels for a LabelSelector object; an empty one takes all, None takes none."""
    if selector is None:
        return lambda labels: False
    wanted = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or ()

    def test(labels: Mapping[str, str]) -> bool:
        if any(labels.get(key) != value for key, value in wanted.items()):
            return False
        return all(expression_holds(expression, labels) for expression in expressions)

    return test


def expression_holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """One requirement of a selector: In, NotIn, Exists, DoesNotExist, Gt, Lt."""
    key, operator = expression.get("key", ""), expression.get("operator", "")
    values: list[str] = expression.get("values") or []
    if operator == "In":
        return key in labels and labels[key] in values
    if operator == "NotIn":
        return labels.get(key) not in values
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    try:
        found, wanted = int(labels[key]), int(values[0])
    except (KeyError, ValueError, IndexError):
        return False
    return found > wanted if operator == "Gt" else found < wanted
