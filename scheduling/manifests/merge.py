"""JSON merge patches (RFC 7396): what one makes of an object, and one that makes it exact."""

from __future__ import annotations

from typing import Any


def merged(found: Any, patch: Any) -> Any:
    """What the patch makes of plain data; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    result = dict(found) if isinstance(found, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def exact_patch(found: Any, wanted: Any) -> Any:
    """A patch after which nothing is left of `found` that `wanted` does not say.

    What the API server fills in by itself is taken out, too, and filled in again by it.
    """
    if not isinstance(found, dict) or not isinstance(wanted, dict):
        return wanted
    extra: dict[str, Any] = dict.fromkeys(found.keys() - wanted.keys())
    return extra | {key: exact_patch(found.get(key), value) for key, value in wanted.items()}
