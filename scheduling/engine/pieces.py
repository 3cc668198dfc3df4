"""Cutting an amount of room into pieces that can be placed; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from scheduling.engine.types import Amounts, room_of


def pieces_of(loose: Mapping[str, int], replicas: Iterable[Amounts]) -> list[dict[str, int]]:
    """Cut `loose` into pieces that are each at most one of the replicas, the largest first.

    The pieces add up to `loose`. A piece lacks what has been used up already, so that room of
    which a part is taken stays as much together as it can. What no replica has is one piece.
    """
    left = Counter({key: amount for key, amount in loose.items() if amount > 0})
    rooms = sorted(map(room_of, replicas), key=_size, reverse=True)
    pieces = []
    while any(left[key] for room in rooms for key in room):
        for room in rooms:  # each once; again where pods hold more of one thing than was planned
            piece = {key: min(left[key], most) for key, most in room.items() if left[key]}
            if piece:
                pieces.append(piece)
                left.subtract(piece)
    rest = {key: amount for key, amount in left.items() if amount}
    return pieces + ([rest] if rest else [])


def pieces_counted(pieces: Iterable[Amounts]) -> list[tuple[dict[str, int], int]]:
    """Equal pieces together, in the order in which they come first."""
    counts = Counter(tuple(sorted(piece.items())) for piece in pieces)
    return [(dict(items), count) for items, count in counts.items()]


def _size(room: Amounts) -> tuple[int, int, int]:
    devices = sum(n for key, n in room.items() if key not in ("cpu", "memory", "pods"))
    return devices, room.get("cpu", 0), room.get("memory", 0)
