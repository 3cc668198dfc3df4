"""Dividing nodes: first pool that fits, devices by labels, unknown keys in sight."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.divide import DeviceRule, PoolRule, amounts_resolve, pool_of, unknown_keys

LABELS = {"zone": "a", "gpu": "h100"}


def term(key: str, operator: str, *values: str) -> dict[str, object]:
    return {"key": key, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ([], True),
        ([term("zone", "In", "a", "b")], True),
        ([term("zone", "In", "b")], False),
        ([term("zone", "NotIn", "b")], True),
        ([term("missing", "NotIn", "b")], True),
        ([term("missing", "In", "")], False),
        ([term("zone", "Exists")], True),
        ([term("zone", "DoesNotExist")], False),
        ([term("zone", "Exists"), term("gpu", "In", "l4")], False),
    ],
)
def test_a_selector_fits_as_in_kubernetes(selector: list[dict[str, object]], fits: bool) -> None:
    assert (pool_of([PoolRule(1, "p", selector)], 1, LABELS) is not None) is fits


def test_the_first_pool_that_fits_wins() -> None:
    rules = [
        PoolRule(1, "other cluster", [], frozenset({9})),
        PoolRule(2, "gpu", [term("gpu", "Exists")]),
        PoolRule(3, "all", []),
    ]
    assert [getattr(pool_of(rules, 1, x), "name", None) for x in (LABELS, {})] == ["gpu", "all"]
    assert pool_of(rules[:2], 1, {}) is None


RULES = [
    DeviceRule("nvidia.com/gpu", "special", {"gpu": "h100"}, cluster_id=2),
    DeviceRule("nvidia.com/gpu", "h100", {"gpu": "h100"}),
    DeviceRule("nvidia.com/gpu", "l40s", {"gpu": "l40s"}),
    DeviceRule("amd.com/gpu", "h100", {}),
]


def test_a_key_means_what_the_nodes_labels_say() -> None:
    raw = {"cpu": 4000, "nvidia.com/gpu": 8}
    assert amounts_resolve(RULES, 1, raw, {"gpu": "h100"}) == {"cpu": 4000, "h100": 8}
    assert amounts_resolve(RULES, 1, raw, {"gpu": "l40s"}) == {"cpu": 4000, "l40s": 8}
    assert amounts_resolve(RULES, 2, raw, {"gpu": "h100"}) == {"cpu": 4000, "special": 8}


def test_two_keys_of_one_type_add_up() -> None:
    raw = {"nvidia.com/gpu": 8, "amd.com/gpu": 2}
    assert amounts_resolve(RULES, 1, raw, {"gpu": "h100"}) == {"h100": 10}


def test_an_unknown_key_stays_in_sight() -> None:
    resolved = amounts_resolve(RULES, 1, {"nvidia.com/gpu": 8, "memory": 1}, {})
    assert unknown_keys(resolved) == ["nvidia.com/gpu"]


@given(
    st.dictionaries(
        st.sampled_from(["cpu", "nvidia.com/gpu", "amd.com/gpu", "x.io/y"]), st.integers(0, 1000)
    ),
    st.sampled_from(["h100", "l40s", "none"]),
)
def test_resolving_loses_nothing(raw: dict[str, int], model: str) -> None:
    resolved = amounts_resolve(RULES, 1, raw, {"gpu": model})
    assert sum(resolved.values()) == sum(raw.values())
