"""Merge patches: what one makes of an object, and the one after which nothing foreign is left."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scheduling.manifests.merge import exact_patch, merged, put_patch

leaves = st.integers() | st.booleans() | st.text(max_size=3) | st.lists(st.integers(), max_size=3)
keys = st.sampled_from("abcd")
objects: st.SearchStrategy[Any] = st.dictionaries(
    keys, st.recursive(leaves, lambda inner: st.dictionaries(keys, inner), max_leaves=6)
)


def test_a_merge_sets_removes_and_goes_deep() -> None:
    found = {"a": {"x": 1, "y": 2}, "b": [1, 2], "c": 3}
    patch = {"a": {"y": None, "z": 4}, "b": [9], "d": {"e": 5}}
    assert merged(found, patch) == {"a": {"x": 1, "z": 4}, "b": [9], "c": 3, "d": {"e": 5}}
    assert found == {"a": {"x": 1, "y": 2}, "b": [1, 2], "c": 3}


@given(found=objects, wanted=objects)
def test_after_an_exact_patch_nothing_is_left_but_what_is_wanted(found: Any, wanted: Any) -> None:
    assert merged(found, exact_patch(found, wanted)) == wanted


@given(found=objects, wanted=objects)
def test_after_a_put_an_object_says_what_is_wanted_and_keeps_labels_of_others(
    found: Any, wanted: Any
) -> None:
    there = {"metadata": {"uid": "u", "resourceVersion": "7", "labels": {"a": "1", "b": "2"}}}
    told = {"kind": "X", "metadata": {"name": "n", "labels": {"b": "3"}}}
    patch = put_patch(there | {"spec": found}, told | {"spec": wanted})
    after = merged(there | {"spec": found}, patch)
    assert after["spec"] == wanted
    assert after["metadata"]["labels"] == {"a": "1", "b": "3"}
    assert (patch["metadata"]["uid"], patch["metadata"]["resourceVersion"]) == ("u", "7")
