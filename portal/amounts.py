"""What resource keys count and up to where, for reading amounts and for showing them. Pure."""

from __future__ import annotations

MAX_AMOUNT = 2**53 - 1  # what a browser and every JSON reader can count exactly
BYTE_KEYS = frozenset({"memory", "ephemeral-storage", "storage"})


def is_bytes(key: str) -> bool:
    """Tell whether a resource or quota key counts bytes: "limits.memory", "hugepages-2Mi"."""
    name = key.removeprefix("requests.").removeprefix("limits.")
    return name in BYTE_KEYS or name.startswith("hugepages-") or key.endswith("/requests.storage")
