"""Paths in the tree of tenants: "/aurora/vision/". Pure.

Keys hold only a-z, 0-9 and "-". In byte order "0" follows "/", so everything below a path lies
between the path and the same path with its last "/" turned into "0": one index range.
"""

from __future__ import annotations


def path_join(parent_path: str | None, key: str) -> str:
    """Path of `key` below `parent_path`, or of a root."""
    return f"{parent_path or '/'}{key}/"


def path_keys(path: str) -> list[str]:
    """Keys from the root down to the tenant itself."""
    return path.strip("/").split("/")


def path_depth(path: str) -> int:
    """0 for a root."""
    return path.count("/") - 2


def subtree_range(path: str) -> tuple[str, str]:
    """First and one-past-last path of the subtree, the tenant itself included."""
    return path, path[:-1] + "0"


def path_within(path: str, ancestor_path: str) -> bool:
    """Tell whether `path` is `ancestor_path` or lies below it."""
    return path.startswith(ancestor_path)
