"""JSON merge patches (RFC 7396): what one makes of an object, and ones that make it exact."""

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


def put_patch(found: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """A patch of the very version that was read, after which the object says what is wanted.

    Labels and annotations that `wanted` does not name stay.
    """
    meta = {key: found["metadata"][key] for key in ("uid", "resourceVersion")}
    named = wanted["metadata"]
    marks = {key: named[key] for key in ("labels", "annotations") if key in named}
    body = {
        key: exact_patch(found.get(key), value)
        for key, value in wanted.items()
        if key not in ("apiVersion", "kind", "metadata")
    }
    return {"metadata": meta | marks, **body}
