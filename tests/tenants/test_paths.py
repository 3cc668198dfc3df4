"""Paths in the tree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tenants.paths import path_depth, path_join, path_keys, path_within, subtree_range

keys = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,6}[a-z0-9])?", fullmatch=True)
branches = st.lists(keys, min_size=1, max_size=5)


def _path(branch: list[str]) -> str:
    path: str | None = None
    for key in branch:
        path = path_join(path, key)
    return path or "/"


@given(branches)
def test_path_is_read_back(branch: list[str]) -> None:
    assert path_keys(_path(branch)) == branch
    assert path_depth(_path(branch)) == len(branch) - 1


@given(branches, branches)
def test_byte_range_holds_exactly_the_subtree(one: list[str], other: list[str]) -> None:
    first, end = subtree_range(_path(one))
    in_range = first.encode() <= _path(other).encode() < end.encode()
    below = other[: len(one)] == one
    assert in_range == below == path_within(_path(other), _path(one))
