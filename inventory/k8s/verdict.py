"""From an HTTP answer of a Kubernetes API to the error that it means: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from inventory.k8s import errors
from inventory.k8s.errors import ClusterError
from inventory.k8s.quantities import amounts_parse

MAX_CAUSES = 50
MAX_RETRY_SECONDS = 300.0
LIMIT_RANGE = re.compile(
    r"(maximum|minimum) \S+ usage per (Container|Pod|PersistentVolumeClaim) is|"
    r"max limit to request ratio per"
)
POLICY = re.compile(r"(?:ValidatingAdmissionPolicy|policy) '([^']{1,253})' with binding")
WEBHOOK = re.compile(r'admission webhook "([^"]{1,253})"')
# Server-side apply answers 500, not 422, to an object that does not fit its schema.
MALFORMED = re.compile(r"^failed to (create typed patch object|convert new object) ")
QUOTA_NAME = re.compile(r"exceeded quota: ([^,\s]{1,253}),")


class _Cause(msgspec.Struct):
    reason: str | None = ""
    message: str | None = ""
    field: str | None = ""


class _Details(msgspec.Struct):
    causes: list[_Cause] | None = None
    retryAfterSeconds: int | None = None


class Status(msgspec.Struct):
    """The part of a Kubernetes Status object that decides what an answer means."""

    message: str | None = ""
    reason: str | None = ""
    code: int | None = 0
    details: _Details | None = None


_decoder = msgspec.json.Decoder(Status)

BY_STATUS: Mapping[int, type[ClusterError]] = {
    400: errors.Invalid,
    401: errors.Unauthorized,
    404: errors.NotFound,
    405: errors.Invalid,
    408: errors.TimedOut,
    410: errors.Gone,
    413: errors.Invalid,
    415: errors.Invalid,
    422: errors.Invalid,
    429: errors.TooManyRequests,
}


def status_read(body: bytes) -> Status:
    """Decode a Status body; anything else (429 is plain text) becomes its text as message."""
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Status(message=body[: errors.DETAIL_CHARS].decode("utf-8", "replace"))


def error_of(http_status: int, body: bytes, retry_after: str | None = None) -> ClusterError:
    """Give the error that an HTTP answer means."""
    return error_of_status(http_status, status_read(body), retry_after)


def error_of_status(
    http_status: int, status: Status, retry_after: str | None = None
) -> ClusterError:
    """Give the error that a Status means, be it from an answer or from a watch's ERROR event."""
    message, reason = status.message or "", status.reason or ""
    kind, facts = _kind_of(http_status, status, message, reason)
    causes = (status.details.causes if status.details else None) or []
    return kind(
        http_status=http_status,
        reason=reason,
        detail=message,
        retry_after=_seconds(retry_after, status),
        causes=[
            {"reason": c.reason or "", "field": c.field or "", "message": (c.message or "")[:200]}
            for c in causes[:MAX_CAUSES]
        ],
        facts=facts,
    )


def _kind_of(
    http_status: int, status: Status, message: str, reason: str
) -> tuple[type[ClusterError], dict[str, object]]:
    if http_status in (403, 422):
        refused = _refusal_of(message, status)
        if refused is not None:
            return refused
    if http_status == 403:
        return errors.Forbidden, {}
    if http_status == 409:
        taken = reason == "AlreadyExists"
        return (errors.AlreadyExists if taken else errors.Conflict), {}
    if http_status == 500 and MALFORMED.search(message):
        return errors.Invalid, {}
    if http_status >= 500:
        if _has_cause(status, "ResourceVersionTooLarge"):
            return errors.VersionTooLarge, {}
        return (errors.TimedOut if http_status == 504 else errors.ServerFault), {}
    return BY_STATUS.get(http_status, ClusterError), {}


def _refusal_of(
    message: str, status: Status
) -> tuple[type[ClusterError], dict[str, object]] | None:
    """Tell admission's refusals apart; quota and limit range answer without causes."""
    if "exceeded quota:" in message:
        return errors.QuotaExceeded, quota_facts(message)
    if "status unknown for quota:" in message:
        return errors.QuotaNotReady, {}
    if _has_cause(status, "NamespaceTerminating"):
        return errors.Terminating, {}
    for pattern in (POLICY, WEBHOOK):
        found = pattern.search(message)
        if found:
            return errors.PolicyRefused, {"policy": found[1]}
    if "violates PodSecurity" in message:
        return errors.PolicyRefused, {"policy": "PodSecurity"}
    if LIMIT_RANGE.search(message):
        return errors.PolicyRefused, {"policy": "LimitRange"}
    return None


def quota_facts(message: str) -> dict[str, object]:
    """Read the numbers out of "exceeded quota: q, requested: …, used: …, limited: …"."""
    found = QUOTA_NAME.search(message)
    facts: dict[str, object] = {"quota": found[1] if found else ""}
    for part in ("requested", "used", "limited"):
        text = re.search(rf"\b{part}: ([^\s]+?)(?:, (?:used|limited): |$|\s)", message + " ")
        pairs = (pair.split("=", 1) for pair in text[1].split(",")) if text else ()
        facts[part] = amounts_parse({p[0]: p[1] for p in pairs if len(p) == 2})
    return facts


def _has_cause(status: Status, reason: str) -> bool:
    causes = (status.details.causes if status.details else None) or []
    return any(cause.reason == reason for cause in causes)


def _seconds(header: str | None, status: Status) -> float | None:
    """Retry-After in seconds, bounded; a date or nonsense counts as not given."""
    if header and header.strip().isascii() and header.strip().isdigit():
        return min(float(header.strip()[:6]), MAX_RETRY_SECONDS)
    asked = status.details.retryAfterSeconds if status.details else None
    return min(float(asked), MAX_RETRY_SECONDS) if asked and asked > 0 else None
