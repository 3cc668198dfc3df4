"""Numbers, units, ages and moments, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone, translation

from portal.ui import units

MOMENT = datetime(2026, 11, 24, 8, 20, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "resource", "number", "unit", "exact"),
    [
        (48_000, "cpu", "48", "cores", "48,000 milli-cores"),
        (1_500, "cpu", "1.5", "cores", "1,500 milli-cores"),
        (250, "cpu", "0.25", "cores", "250 milli-cores"),
        (1_920 * 2**30, "memory", "1,920", "GiB", "2,061,584,302,080 bytes"),
        (2**29, "memory", "0.5", "GiB", "536,870,912 bytes"),
        (2**29, "hugepages-2Mi", "0.5", "GiB", "536,870,912 bytes"),
        (4 * 2**30, "hugepages-1Gi", "4", "GiB", "4,294,967,296 bytes"),
        (100 * 2**30, "ephemeral-storage", "100", "GiB", "107,374,182,400 bytes"),
        (110, "pods", "110", "", ""),
        (7_040, "h100", "7,040", "", ""),
        (-16, "h100", "−16", "", ""),
        (0, "cpu", "0", "cores", "0 milli-cores"),
        (None, "cpu", "not reported", "", ""),
    ],
)
def test_amount_text_gives_number_unit_and_exact_value(
    value: int | None, resource: str, number: str, unit: str, exact: str
) -> None:
    assert units.amount_text(value, resource) == units.AmountText(number, unit, exact)


def test_signed_text_has_a_sign_unless_nothing_changes() -> None:
    texts = [str(units.signed_text(value, "h100")) for value in (16, -4, 0)]
    assert texts == ["+16", "−4", "0"]


def test_a_rounded_zero_has_no_minus() -> None:
    assert units.format_count(-0.2) == "0"


# The same table stands in frontend/tests/age.test.js.
@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (41, "41 s"),
        (60, "1 m"),
        (399, "6 m 39 s"),
        (3600, "1 h"),
        (3661, "1 h 1 m"),
        (187_200, "2 d 4 h"),
        (86_400, "1 d"),
        (-5, "0 s"),
    ],
)
def test_age_text_has_two_units_at_most(seconds: int, text: str) -> None:
    assert units.age_text(seconds) == text


def test_percent_text_tells_unknown_from_not_applicable() -> None:
    assert units.percent_text(1, 3) == "33"
    assert units.percent_text(1, 3, decimals=1) == "33.3"
    assert units.percent_text(None, 3) == "not reported"
    assert units.percent_text(0, 0) == "–"


def test_moment_text_carries_the_zone_of_the_viewer() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert units.moment_text(MOMENT) == "Tue 24 Nov 2026, 09:20:41 CET"
        assert units.moment_text(MOMENT, "clock_zone") == "09:20:41 CET"
    assert units.moment_text(None) == "–"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "UTC"),
        ("Asia/Shanghai", "Asia/Shanghai, UTC+8"),
        ("Europe/Berlin", "Europe/Berlin, UTC+1/+2"),
        ("Europe/London", "Europe/London, UTC±0/+1"),
        ("America/St_Johns", "America/St_Johns, UTC−3:30/−2:30"),
    ],
)
def test_zone_text_says_where_a_typed_time_is_read(zone: str, text: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        assert units.zone_text(MOMENT) == text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_thousands_are_grouped_by_comma_in_both_languages(language: str) -> None:
    with translation.override(language):
        assert Template("{{ n }}").render(Context({"n": 1234567})) == "1,234,567"
        assert units.format_count(1234567) == "1,234,567"


def test_ids_in_attributes_get_no_thousands() -> None:
    assert Template("{{ n|plain }}").render(Context({"n": 20931})) == "20931"


class MomentForm(forms.Form):
    """A time and a word."""

    until_at = forms.DateTimeField(label="Until", required=False)
    word = forms.CharField(label="Word")


def test_only_fields_for_times_name_the_zone_that_they_are_read_in() -> None:
    with timezone.override(ZoneInfo("Asia/Shanghai")):
        shown = {field.name: field.as_field_group() for field in MomentForm()}
    assert (
        'Until <span class="b-label-note">(Asia/Shanghai, UTC+8)</span> <span'
        in (shown["until_at"])
    )
    assert "UTC" not in shown["word"]


def test_resource_title_asks_the_apps_for_devices() -> None:
    units.resource_titles_register({"h100": "H100 SXM 80 GB"}.get)
    titles = [units.resource_title(name) for name in ("cpu", "memory", "h100", "a100")]
    assert titles == ["CPU", "Memory", "H100 SXM 80 GB", "a100"]
