"""How long ago, in kubectl's short words."""

from __future__ import annotations

from datetime import UTC, datetime

from simulator.objects import time_parse


def age(text: str | None) -> str:
    """Since a moment that Kubernetes wrote."""
    if not text:
        return "<unknown>"
    return duration((datetime.now(UTC) - time_parse(text)).total_seconds())


def between(start: str, end: str) -> str:
    """From one moment to another."""
    return duration((time_parse(end) - time_parse(start)).total_seconds())


def duration(seconds: float) -> str:
    """At most two units (k8s.io/apimachinery/pkg/util/duration)."""
    whole = max(0, int(seconds))
    minutes, hours = whole // 60, whole // 3600
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return _pair(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 24 * 8:
        return _pair(hours // 24, "d", hours % 24, "h")
    days = hours // 24
    return f"{days}d" if days < 365 * 2 else _pair(days // 365, "y", days % 365, "d")


def _pair(large: int, unit: str, small: int, other: str) -> str:
    return f"{large}{unit}{small}{other}" if small else f"{large}{unit}"
