"""Device types by their titles, for every place that shows an amount."""

from __future__ import annotations

import threading
import time

from inventory.divide import STANDARD_KEYS
from inventory.models import DeviceType

KEPT_SECONDS = 30.0

_lock = threading.Lock()
_known: dict[str, str] = {}
_read_at = float("-inf")


def device_title(name: str) -> str | None:
    """The title of a device type; None for a name that is none.

    Titles never change, so a known one is not asked for again; unknown names are, twice a minute.
    """
    if "/" in name or name in STANDARD_KEYS:  # a key that no mapping knows stays as it is
        return None
    global _read_at
    with _lock:
        if name not in _known and time.monotonic() - _read_at > KEPT_SECONDS:
            _known.clear()
            _known.update(DeviceType.objects.values_list("name", "title"))
            _read_at = time.monotonic()
        return _known.get(name)


def titles_forget() -> None:
    """Read the catalogue again at the next question."""
    global _read_at
    with _lock:
        _known.clear()
        _read_at = float("-inf")
