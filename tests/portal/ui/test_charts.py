"""Exact geometry of the bars."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.ui.charts import Bar, capacity_bar, pool_bar, quota_bar, request_bar


def parts(bar: Bar) -> dict[str, tuple[str, str]]:
    """Kind to (x, width) of everything but the used bar."""
    return {part.kind: (part.x, part.width) for part in bar.parts if part.kind != "used"}


def ticks(bar: Bar) -> dict[str, str]:
    return {line.kind: line.x1 for line in bar.lines if line.x1 == line.x2}


def quota(**amounts: Any) -> Bar:
    return quota_bar(resource="h100", **amounts)


def test_guaranteed_ends_at_72_percent_whatever_its_size() -> None:
    for guaranteed in (1, 32, 10_000):
        bar = quota(guaranteed=guaranteed, allocated=0)
        assert parts(bar) == {"track": ("0%", "72%")}
        assert ticks(bar) == {"cap": "72%"}


def test_allocated_fills_and_what_is_beyond_guaranteed_is_borrowed() -> None:
    bar = quota(guaranteed=32, cap=44, allocated=40)
    assert parts(bar) == {
        "track": ("0%", "72%"),
        "fill": ("0%", "72%"),
        "borrowed": ("72%", "18%"),
    }
    assert ticks(bar) == {"cap": "99%"}
    borrowed = next(part for part in bar.parts if part.kind == "borrowed")
    assert borrowed.dx == 1.5
    rails = [line for line in bar.lines if line.kind == "rail"]
    assert {(line.x1, line.x2) for line in rails} == {("90%", "99%")}


def test_a_cap_far_beyond_guaranteed_is_clipped_to_the_edge() -> None:
    assert ticks(quota(guaranteed=10, cap=100, allocated=0)) == {"cap": "100%"}


def test_past_the_cap_is_hatched_and_said_in_words() -> None:
    bar = quota(guaranteed=32, cap=36, allocated=40)
    assert parts(bar)["over"] == ("81%", "9%")
    assert "over by 4" in bar.text
    assert bar.labels[-1].amount == "4"
    assert bar.labels[-1].tone == "danger"


def test_releasing_stands_at_the_end_of_allocated() -> None:
    bar = quota(guaranteed=36, allocated=30, releasing=6)
    assert parts(bar) == {
        "track": ("0%", "72%"),
        "fill": ("0%", "48%"),
        "releasing": ("48%", "12%"),
    }


def test_lent_is_outlined_up_to_the_guaranteed_line() -> None:
    assert parts(quota(guaranteed=36, allocated=6, lent=12))["lent"] == ("48%", "24%")


def test_used_is_a_second_bar_below_and_never_on_the_main_one() -> None:
    bar = quota(guaranteed=36, allocated=30, used=18)
    used = next(part for part in bar.parts if part.kind == "used")
    assert (used.x, used.width, used.y, used.height) == ("0%", "36%", 12, 3)
    assert bar.height == 16
    main = [part for part in bar.parts if part.kind != "used"]
    assert {(part.y, part.height) for part in main} == {(2, 8)}


def test_used_that_nobody_measured_is_not_reported() -> None:
    bar = quota(guaranteed=36, allocated=30, used=None)
    assert "used not reported" in bar.text
    assert [part for part in bar.parts if part.kind == "used"] == []


def test_without_a_guarantee_everything_is_borrowed() -> None:
    bar = quota(guaranteed=0, cap=16, allocated=4)
    assert parts(bar) == {"borrowed": ("0%", "25%")}
    assert ticks(bar) == {"cap": "100%"}


def test_a_pool_promised_beyond_usable_is_hatched_from_the_tick() -> None:
    bar = pool_bar(resource="h100", promised=2560, usable=2400, allocated=1280)
    assert parts(bar) == {
        "track": ("0%", "72%"),
        "fill": ("0%", "36%"),
        "promised": ("67.5%", "4.5%"),
    }
    assert ticks(bar) == {"cap": "67.5%"}


def test_capacity_that_cannot_be_used_is_a_hollow_end() -> None:
    bar = capacity_bar(resource="h100", installed=100, usable=80, allocated=40, width_px=100)
    assert parts(bar) == {"track": ("0%", "80%"), "fill": ("0%", "40%"), "hollow": ("80%", "20%")}


def test_what_other_pods_hold_is_a_part_of_its_own() -> None:
    bar = capacity_bar(
        resource="h100", installed=100, usable=100, allocated=40, others=25, width_px=100
    )
    assert parts(bar) == {"track": ("0%", "100%"), "fill": ("0%", "40%"), "other": ("40%", "25%")}
    assert "allocated 40, held by other pods 25, of 100 usable" in bar.text
    full = capacity_bar(resource="h100", installed=8, usable=8, allocated=6, others=4)
    assert parts(full)["other"] == ("75%", "25%")


def test_one_sick_device_of_many_stays_visible() -> None:
    bar = capacity_bar(resource="h100", installed=7168, usable=7167, allocated=0, width_px=100)
    assert parts(bar) == {"track": ("0%", "96.5%"), "hollow": ("96.5%", "3.5%")}


def test_an_ask_is_tinted_and_its_borrowed_part_hatched() -> None:
    bar = request_bar(resource="h100", guaranteed=32, cap=48, allocated=20, asked=16)
    assert parts(bar) == {
        "track-plain": ("0%", "66.67%"),
        "may": ("66.67%", "33.33%"),
        "fill": ("0%", "41.67%"),
        "asked": ("41.67%", "25%"),
        "asked-borrowed": ("66.67%", "8.33%"),
    }
    assert ticks(bar) == {"mark": "66.67%", "cap": "100%"}
    assert bar.height == 18


def test_an_ask_past_the_cap_ends_at_the_edge() -> None:
    bar = request_bar(resource="h100", cap=48, allocated=36, asked=16)
    assert parts(bar)["over"] == ("92.31%", "7.69%")
    assert ticks(bar) == {"cap": "92.31%"}
    assert (bar.labels[-1].amount, bar.labels[-1].tone) == ("52", "danger")


def test_an_ask_a_little_past_the_cap_is_seen() -> None:
    bar = request_bar(resource="cpu", cap=1_000_000, allocated=990_000, asked=11_000)
    assert parts(bar)["over"] == ("97%", "3%")
    assert ticks(bar) == {"cap": "97%"}


@given(
    guaranteed=st.integers(0, 10**18),
    borrow=st.integers(0, 10**18),
    allocated=st.integers(0, 2 * 10**18),
    used=st.none() | st.integers(0, 10**19),
    share=st.integers(0, 100),
)
def test_no_amount_leaves_the_box(
    guaranteed: int, borrow: int, allocated: int, used: int | None, share: int
) -> None:
    bar = quota_bar(
        resource="memory",
        guaranteed=guaranteed,
        cap=guaranteed + borrow,
        allocated=allocated,
        releasing=allocated * share // 100,
        used=used,
    )
    for part in bar.parts:
        x, width = float(part.x[:-1]), float(part.width[:-1])
        assert x >= 0
        assert width >= 0
        assert x + width <= 100.02
    for line in bar.lines:
        assert 0 <= float(line.x1[:-1]) <= float(line.x2[:-1]) <= 100


@pytest.mark.parametrize("make", [pool_bar, capacity_bar])
def test_nothing_at_all_draws_an_empty_box(make: Any) -> None:
    other = {"promised": 0} if make is pool_bar else {"installed": 0}
    bar = make(resource="h100", usable=0, allocated=0, **other)
    assert parts(bar) == {}
