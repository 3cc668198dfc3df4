"""Rules that approve without an operator: which line fails, and with which numbers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from scheduling.engine import Check, Verdict
from tenants.approval import approve_by_rule, quota_by_rule, renew_by_rule
from tenants.request_words import approval_sentence

TOTAL = {"cpu": 4000, "memory": 2**30, "h100": 4}
LIMITS = {"cpu": 8000, "memory": 2**33, "h100": 4}
WITHIN = [Check("quota.cap", ok=True), Check("quota.parent", ok=True)]


def test_all_lines_hold_and_the_rule_is_named() -> None:
    answer = approve_by_rule(total=TOTAL, quota=WITHIN, limits=LIMITS, verdict=Verdict.FITS)
    assert (answer.rule, answer.failed) == ("P-01", None)
    assert "P-01 within guaranteed and size" in approval_sentence(answer)


@pytest.mark.parametrize(
    ("limits", "resource", "limit", "asked"),
    [
        (LIMITS | {"h100": 3}, "h100", 3, 4),
        (LIMITS | {"cpu": 3999}, "cpu", 3999, 4000),
        ({"cpu": 8000, "memory": 2**33}, "h100", 0, 4),
        ({}, "h100", 0, 4),
    ],
)
def test_one_amount_above_its_limit_needs_an_operator(
    limits: Mapping[str, int], resource: str, limit: int, asked: int
) -> None:
    answer = approve_by_rule(total=TOTAL, quota=WITHIN, limits=limits, verdict=Verdict.FITS)
    assert answer.rule == ""
    assert answer.failed is not None
    failed = answer.failed
    assert (failed.code, failed.resource, failed.limit, failed.asked) == (
        "size",
        resource,
        limit,
        asked,
    )


def test_without_limits_nothing_is_approved_by_rule() -> None:
    answer = approve_by_rule(total=TOTAL, quota=WITHIN, limits=None, verdict=Verdict.FITS)
    assert (answer.rule, answer.failed and answer.failed.code) == ("", "limits")


@pytest.mark.parametrize("verdict", [Verdict.WAIT, Verdict.CANNOT])
def test_what_does_not_fit_now_needs_an_operator(verdict: Verdict) -> None:
    answer = approve_by_rule(total=TOTAL, quota=WITHIN, limits=LIMITS, verdict=verdict)
    assert (answer.rule, answer.failed and answer.failed.code) == ("", "fits")


def test_a_level_without_room_fails_with_its_numbers_where_they_are_known() -> None:
    short = Check("quota.cap", ok=False, resource="h100", limit=6, now=4, asked=4, short_by=2)
    answer = approve_by_rule(total=TOTAL, quota=[short], limits=LIMITS, verdict=Verdict.FITS)
    assert answer.failed is not None
    assert (answer.failed.code, answer.failed.limit, answer.failed.asked) == ("guaranteed", 6, 8)
    hidden = Check("quota.parent", ok=False, resource="h100", asked=4)
    answer = approve_by_rule(total=TOTAL, quota=[hidden], limits=LIMITS, verdict=Verdict.FITS)
    assert answer.failed is not None
    assert (answer.failed.limit, answer.failed.asked) == (None, None)


def test_a_renewal_is_judged_by_size_alone_and_quota_never() -> None:
    assert renew_by_rule(total=TOTAL, limits=LIMITS).rule == "P-02"
    assert renew_by_rule(total=TOTAL, limits={"h100": 1}).rule == ""
    assert renew_by_rule(total=TOTAL, limits=None).rule == ""
    assert quota_by_rule().rule == ""
