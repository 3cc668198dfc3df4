"""What resource keys count, for reading amounts and for showing them. Pure."""

from __future__ import annotations

BYTE_KEYS = frozenset({"memory", "ephemeral-storage", "storage"})


def is_bytes(key: str) -> bool:
    """Tell whether a resource or quota key counts bytes: "limits.memory", "hugepages-2Mi"."""
    name = key.removeprefix("requests.").removeprefix("limits.")
    return name in BYTE_KEYS or name.startswith("hugepages-") or key.endswith("/requests.storage")
