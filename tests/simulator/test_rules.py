"""The pure parts of the simulator: quantities, selectors, patches, ownership, CEL, commands."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.admission.policies import Policies
from simulator.api.errors import StatusError
from simulator.api.managed import Manager, applied, updated
from simulator.api.patches import json_patch, merge_patch, strategic_patch
from simulator.api.selectors import label_test
from simulator.cel.evaluate import EvaluationError, Expression
from simulator.cel.parse import NotUnderstood
from simulator.controllers.job_status import indexes_read, indexes_text
from simulator.jsonpath import jsonpath
from simulator.kinds.quantity import BadQuantity, canonical, parse
from simulator.kubelet.command import exit_code, run_seconds
from simulator.schema.decode import BadType, Decoding
from simulator.schema.types import type_of_kind

POD = type_of_kind("Pod")


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("1000m", "1"), ("0.5", "500m"), ("1024Mi", "1Gi"), ("1536Mi", "1536Mi"), ("1000", "1k"),
        ("0", "0"), ("1e3", "1e3"), ("100n", "100n"), ("2048", "2048"), ("0.1Gi", "107374182400m"),
        ("-1", "-1"),
    ],
)  # fmt: skip
def test_a_quantity_is_written_as_a_server_writes_it(given: str, written: str) -> None:
    assert canonical(given) == written
    assert parse(written) == parse(given)


@pytest.mark.parametrize("text", ["", "x", "1 Gi", "1Kib", "--1", "1.2.3"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(BadQuantity):
        parse(text)


@pytest.mark.parametrize(
    ("text", "indexes"), [("", set()), ("0", {0}), ("0,1", {0, 1}), ("0-2,5", {0, 1, 2, 5})]
)
def test_indexes_are_written_as_ranges(text: str, indexes: set[int]) -> None:
    assert indexes_read(text) == indexes
    assert indexes_text(indexes) == text


@pytest.mark.parametrize("text", ["a=b=c", "a in b", "a in (b", "a < 1 2"])
def test_a_selector_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(StatusError):
        label_test(text)


def test_patches_do_what_their_kinds_say() -> None:
    assert merge_patch({"a": 1, "b": {"c": 2}}, {"a": None, "b": {"d": 3}}) == {
        "b": {"c": 2, "d": 3}
    }
    moved = json_patch({"a": [1, 2]}, [{"op": "move", "from": "/a/0", "path": "/b"}])
    assert moved == {"a": [2], "b": 1}
    with pytest.raises(StatusError):
        json_patch({}, [{"op": "replace", "path": "/a", "value": 1}])
    old = {"spec": {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]}}
    change = {"spec": {"containers": [{"name": "b", "image": "2"}, {"name": "c", "image": "1"}]}}
    found = strategic_patch(old, change, POD)["spec"]["containers"]
    assert {c["name"]: c["image"] for c in found} == {"a": "1", "b": "2", "c": "1"}
    gone = {"spec": {"containers": [{"$patch": "delete", "name": "a"}]}}
    assert len(strategic_patch(old, gone, POD)["spec"]["containers"]) == 1


def test_who_changes_a_field_owns_it_and_an_apply_conflicts() -> None:
    kind, first = type_of_kind("ConfigMap"), Manager("first", "Apply", "v1")
    made = applied(None, {"data": {"a": "1", "b": "1"}}, kind, first, force=False)
    changed = made | {"data": {"a": "2", "b": "1"}}
    entries = updated(made, changed, kind, Manager("hand", "Update", "v1"))
    owned = {e["manager"]: e["fieldsV1"] for e in entries}
    assert owned == {"first": {"f:data": {"f:b": {}}}, "hand": {"f:data": {"f:a": {}}}}
    changed["metadata"] = {"managedFields": entries}
    with pytest.raises(StatusError, match='conflict with "hand"'):
        applied(changed, {"data": {"a": "3"}}, kind, first, force=False)
    left = applied(changed, {"data": {"c": "1"}}, kind, first, force=False)
    assert left["data"] == {"a": "2", "c": "1"}


def test_a_body_is_read_as_go_would() -> None:
    reading = Decoding()
    raw = {"spec": {"containers": [{"name": "a", "nonsense": 1}], "nodeName": None}, "odd": 1}
    assert reading.read(raw, POD, struct="Pod") == {"spec": {"containers": [{"name": "a"}]}}
    assert reading.unknown == ["spec.containers[0].nonsense", "odd"]
    with pytest.raises(
        BadType, match=r"Go struct field Container\.spec\.containers\.image of type"
    ):
        Decoding().read({"spec": {"containers": [{"image": 1}]}}, POD, struct="Pod")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7), ("'a' in ['a', 'b'] && !false", True), ("x.missing || true", True),
        ("has(x.a) ? x.a : 'no'", "A"), ("x.list.filter(i, i > 1).map(i, i * 2)", [4, 6]),
        ("x.map.all(k, k.startsWith('k'))", True), ("'a,b'.split(',').join('-')", "a-b"),
        ("[1, 2].exists(i, i == 2)", True), ("x.list.map(i, i > 1, i)", [2, 3]),
        ("JSONPatch{op: 'add', path: '/' + jsonpatch.escapeKey('a/b')}",
         {"op": "add", "path": "/a~1b"}),
        ("{'a': size(x.list)}", {"a": 3}),
    ],
)  # fmt: skip
def test_cel_means_what_it_says(text: str, value: Any) -> None:
    scope = {"x": {"a": "A", "list": [1, 2, 3], "map": {"k1": 1, "k2": 2}}}
    assert Expression(text).value(scope) == value


@pytest.mark.parametrize("text", ["x.missing", "nobody", "1 + 'a'", "x.missing && true"])
def test_cel_without_a_value_is_an_error(text: str) -> None:
    with pytest.raises(EvaluationError):
        Expression(text).value({"x": {}})


@pytest.mark.parametrize("text", ["x.wonder()", "url('a')", "1 +", "a b", "x.map(k.l, k)", "'"])
def test_cel_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood):
        Expression(text)


def test_a_policy_that_is_not_wholly_understood_is_refused_by_name() -> None:
    policy = {"spec": {"validations": [{"expression": "object.spec.wonder()"}]}}
    with pytest.raises(StatusError, match="does not model the CEL function wonder") as refused:
        Policies(None).check(policy)
    assert refused.value.code == 501


@pytest.mark.parametrize(
    ("command", "seconds", "code"),
    [
        (["sh", "-c", "sleep 5; exit 3"], 5, 3), (["false"], 0, 1), (["true"], 0, 0),
        (["sleep", "infinity"], None, 0), (["serve"], None, 0),
    ],
)  # fmt: skip
def test_a_command_says_how_a_pod_fares(command: list[str], seconds: Any, code: int) -> None:
    pod = {"metadata": {}, "spec": {"containers": [{"command": command}]}}
    assert (run_seconds(pod), exit_code(pod)) == (seconds, code)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{.items[0].metadata.name}", "a"), ("{.items[*].metadata.name}", "a b"),
        ("{..phase}", "Running Pending"), ("{.items[0].spec}", '{"n":1}'), ("{.no.such}", ""),
        ("{.items[9].spec}", ""), ("{.items[1].metadata.labels.a\\.b/c}", "1"),
        ("<{.items[0].spec.n} {.kind}>", "<1 List>"),
    ],
)  # fmt: skip
def test_a_jsonpath_is_filled_in_as_kubectl_does(template: str, text: str) -> None:
    first = {"metadata": {"name": "a"}, "spec": {"n": 1}, "status": {"phase": "Running"}}
    second = {"metadata": {"name": "b", "labels": {"a.b/c": "1"}}, "status": {"phase": "Pending"}}
    assert jsonpath({"kind": "List", "items": [first, second]}, template) == text
