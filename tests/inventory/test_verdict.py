"""Answers of API servers and what they mean; the bodies are those of real ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.k8s import errors
from inventory.k8s.verdict import error_of


def status(message: str = "", reason: str = "", **details: Any) -> bytes:
    return json.dumps(
        {"kind": "Status", "message": message, "reason": reason, "details": details or None}
    ).encode()


QUOTA = (
    'pods "p" is forbidden: exceeded quota: berth, requested:'
    " requests.cpu=3,requests.nvidia.com/gpu=2, used: requests.cpu=0,requests.nvidia.com/gpu=1,"
    " limited: requests.cpu=1500m,requests.nvidia.com/gpu=2"
)
POLICY = (
    "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'berth-open' with binding 'berth-open'"
    " denied request: stay in your pool"
)


@pytest.mark.parametrize(
    ("code", "body", "kind", "permanent"),
    [
        (400, status("bad"), errors.Invalid, True),
        (401, status("Unauthorized", "Unauthorized"), errors.Unauthorized, True),
        (403, status("x is forbidden: User can't", "Forbidden"), errors.Forbidden, True),
        (403, status(QUOTA, "Forbidden"), errors.QuotaExceeded, True),
        (403, status("status unknown for quota: q"), errors.QuotaNotReady, False),
        (403, status(POLICY, "Forbidden"), errors.PolicyRefused, True),
        (422, status(POLICY, "Invalid"), errors.PolicyRefused, True),
        (
            403,
            status('pods "p" is forbidden: violates PodSecurity "x"'),
            errors.PolicyRefused,
            True,
        ),
        (
            403,
            status('pods "p" is forbidden: maximum memory usage per Container is 1Gi'),
            errors.PolicyRefused,
            True,
        ),
        (
            403,
            status("x", causes=[{"reason": "NamespaceTerminating"}]),
            errors.Terminating,
            False,
        ),
        (404, b"404 page not found\n", errors.NotFound, True),
        (409, status("exists", "AlreadyExists"), errors.AlreadyExists, True),
        (409, status("stale", "Conflict"), errors.Conflict, True),
        (410, status("too old", "Expired"), errors.Gone, False),
        (413, b"", errors.Invalid, True),
        (415, status("type"), errors.Invalid, True),
        (422, status("spec.x: Invalid"), errors.Invalid, True),
        (429, b"Too many requests, please try again later.", errors.TooManyRequests, False),
        (500, status("etcdserver: leader changed"), errors.ServerFault, False),
        (500, status("failed to create typed patch object (a/b)"), errors.Invalid, True),
        (503, b"<html>", errors.ServerFault, False),
        (408, b"", errors.TimedOut, False),
        (504, status("x", "Timeout"), errors.TimedOut, False),
        (
            504,
            status("x", causes=[{"reason": "ResourceVersionTooLarge"}]),
            errors.VersionTooLarge,
            False,
        ),
        (302, b"", errors.ClusterError, True),
    ],
)
def test_an_answer_means_one_error(
    code: int, body: bytes, kind: type[errors.ClusterError], permanent: bool
) -> None:
    error = error_of(code, body)
    assert type(error) is kind
    assert error.permanent is permanent
    assert error.http_status == code


def test_what_the_other_side_wrote_stays_out_of_the_words() -> None:
    for code in (400, 401, 403, 404, 409, 422, 429, 500, 503):
        error = error_of(code, b"<script>SECRET 10.0.0.1</script>")
        assert "SECRET" not in str(error)
        assert "SECRET" in error.detail


def test_the_numbers_of_a_quota_are_read() -> None:
    facts = error_of(403, status(QUOTA)).facts
    assert facts["quota"] == "berth"
    assert facts["requested"] == {"requests.cpu": 3000, "requests.nvidia.com/gpu": 2}
    assert facts["limited"] == {"requests.cpu": 1500, "requests.nvidia.com/gpu": 2}


def test_other_managers_are_named() -> None:
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl-edit"',
            "field": ".x",
        },
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "argo" using v1',
            "field": ".y",
        },
    ]
    error = error_of(409, status("x", "Conflict", causes=causes))
    assert isinstance(error, errors.Conflict)
    assert error.managers == ["argo", "kubectl-edit"]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), (" 7 ", 7.0), ("99999999", 300.0), ("Wed, 21 Oct 2026", None), ("-1", None)]
    + [("", None), (None, None), ("1.5", None), ("٣", None)],
)
def test_retry_after_is_read_and_bounded(header: str | None, seconds: float | None) -> None:
    assert error_of(429, b"", header).retry_after == seconds


def test_retry_after_stands_in_the_body_too() -> None:
    assert error_of(504, status("x", retryAfterSeconds=3)).retry_after == 3.0


def test_only_a_lost_credential_needs_a_person() -> None:
    assert error_of(401, b"").needs_person
    assert not error_of(403, b"").needs_person


@given(st.integers(300, 599), st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=20)))
def test_any_answer_means_something(code: int, body: bytes, header: str | None) -> None:
    error = error_of(code, body, header)
    assert str(error)
    assert len(error.detail) <= errors.DETAIL_CHARS
