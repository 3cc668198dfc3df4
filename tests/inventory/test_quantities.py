"""Quantities: what is written is read back, and nothing odd gets through."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.k8s import quantities as q

AMOUNTS = st.integers(0, q.MAX_VALUE)


@given(AMOUNTS)
def test_cpu_milli_survives_being_written_and_read(cpu_milli: int) -> None:
    assert q.parse_cpu_milli(q.format_cpu_milli(cpu_milli)) == cpu_milli


@given(AMOUNTS)
def test_bytes_survive_being_written_and_read(size_bytes: int) -> None:
    assert q.parse_bytes(q.format_bytes(size_bytes)) == size_bytes


@given(AMOUNTS)
def test_counts_survive_being_written_and_read(count: int) -> None:
    assert q.parse_count(q.format_count(count)) == count


@given(
    st.integers(0, 10**6),
    st.integers(0, 999),
    st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "e3", "E-2"]),
)
def test_a_point_means_the_same_fraction_under_every_suffix(
    whole: int, part: int, suffix: str
) -> None:
    scale = q.quantity_parse(f"1{suffix}")
    assert q.quantity_parse(f"{whole}.{part:03d}{suffix}") == (whole + Fraction(part, 1000)) * scale


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_but_never_breaks(text: str) -> None:
    try:
        value = q.parse_bytes(text)
    except q.QuantityError:
        return
    assert 0 <= value <= q.MAX_VALUE


@pytest.mark.parametrize(
    ("text", "cpu_milli"),
    [("1", 1000), ("250m", 250), ("1.5", 1500), (".5", 500), ("1.", 1000), ("100u", 1)]
    + [("1n", 1), ("2k", 2_000_000), ("+3", 3000), ("1e1", 10_000)],
)
def test_cpu_is_read_as_the_api_server_reads_it(text: str, cpu_milli: int) -> None:
    assert q.parse_cpu_milli(text) == cpu_milli


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("2Gi", 2**31), ("1k", 1000), ("128974848000m", 128_974_848), ("1e3", 1000), ("1.5Ki", 1536)]
    + [("100m", 1), ("0", 0), ("7Ei", 7 * 2**60)],
)
def test_memory_is_read_as_the_api_server_reads_it(text: str, size_bytes: int) -> None:
    assert q.parse_bytes(text) == size_bytes


@pytest.mark.parametrize(
    "text",
    ["", ".", "-1", "1 ", " 1", "1ki", "1K", "0x10", "1e999", "1e9999999999", "NaN", "inf", "1_000"]
    + ["١", "1e", "1Gi2", "--1", "9223372036854775808", "8Ei", "1" * 41, "1,5", "m", "1\n", "1e+"],
)
def test_malformed_amounts_are_refused(text: str) -> None:
    with pytest.raises(q.QuantityError):
        q.parse_bytes(text)


@pytest.mark.parametrize("text", ["500m", "1.5", "1n", "0.001k5"])
def test_a_fraction_of_a_device_is_refused(text: str) -> None:
    with pytest.raises(q.QuantityError):
        q.parse_count(text)


def test_an_odd_entry_does_not_hide_the_others() -> None:
    found = {"cpu": "2", "memory": "1Gi", "nvidia.com/gpu": "8", "x.io/odd": "-3", "pods": "1.5"}
    assert q.amounts_parse(found) == {"cpu": 2000, "memory": 2**30, "nvidia.com/gpu": 8}


def test_quota_keys_are_read_in_their_own_unit() -> None:
    hard = {"requests.cpu": "1500m", "limits.memory": "1Gi", "requests.nvidia.com/gpu": "1k"}
    amounts = {"requests.cpu": 1500, "limits.memory": 2**30, "requests.nvidia.com/gpu": 1000}
    assert q.amounts_parse(hard) == amounts
    assert q.amounts_parse(q.amounts_format(amounts)) == amounts
