"""Device strips, segments and sparklines."""

from __future__ import annotations

from portal.ui.strips import Cell, device_strip, segments, sparkline


def test_cells_stand_in_fours() -> None:
    strip = device_strip([Cell("bound", 0)] * 4 + [Cell("free")] * 4)
    assert [cell.x for cell in strip.cells] == [
        "0.5", "20.5", "40.5", "60.5", "86.5", "106.5", "126.5", "146.5",
    ]  # fmt: skip
    assert strip.width == 164
    assert strip.text == "4 free, 4 bound"


def test_a_node_without_devices_has_an_empty_strip() -> None:
    strip = device_strip([])
    assert (strip.width, strip.cells, strip.text) == (0, (), "")


def test_words_never_name_another_tenant() -> None:
    assert device_strip([Cell("other")]).text == "1 another tenant"


def test_segments_are_full_up_to_what_is_done() -> None:
    drawn = segments(done=3, total=4)
    assert [full for _x, full in drawn.boxes] == [True, True, True, False]
    assert drawn.text == "3 of 4"


def test_many_segments_become_shares() -> None:
    drawn = segments(done=50, total=100)
    assert len(drawn.boxes) == 12
    assert sum(full for _x, full in drawn.boxes) == 6


def test_a_sparkline_uses_its_own_range() -> None:
    spark = sparkline([2, 4])
    assert spark is not None
    assert (spark.path, spark.end_x, spark.end_y) == ("M0.0 16.0L37.0 2.0", "37.0", "2.0")
    flat = sparkline([3, 3, 3])
    assert flat is not None
    assert flat.end_y == "16.0"
    assert sparkline([1]) is None
