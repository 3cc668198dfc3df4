"""Room that is cut into pieces adds up again, and no piece is larger than what was asked for."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from scheduling.engine.pieces import pieces_counted, pieces_of
from scheduling.engine.types import room_of

SHAPES = st.fixed_dictionaries({"cpu": st.integers(1, 8), "gpu": st.integers(0, 8)})
LOOSE = st.dictionaries(st.sampled_from(["cpu", "gpu", "pods", "other"]), st.integers(-2, 40))


@given(loose=LOOSE, replicas=st.lists(SHAPES, min_size=1, max_size=5))
def test_pieces_add_up_to_what_is_loose_and_fit_where_a_replica_fits(
    loose: dict[str, int], replicas: list[dict[str, int]]
) -> None:
    pieces, rooms = pieces_of(loose, replicas), [room_of(shape) for shape in replicas]
    asked = {key for room in rooms for key in room}
    total: Counter[str] = Counter()
    for piece in pieces:
        total.update(piece)
        fits = any(all(n <= room.get(key, 0) for key, n in piece.items()) for room in rooms)
        assert fits or not piece.keys() & asked
    assert total == Counter({key: amount for key, amount in loose.items() if amount > 0})
    again: Counter[str] = Counter()
    for piece, count in pieces_counted(pieces):
        again.update({key: amount * count for key, amount in piece.items()})
    assert again == total


def test_a_whole_allocation_that_is_loose_is_cut_into_its_replicas() -> None:
    replicas = [{"cpu": 8, "gpu": 8}, {"cpu": 2, "gpu": 2}, {"cpu": 2, "gpu": 2}]
    loose = {"cpu": 12, "gpu": 12, "pods": 3}
    assert pieces_counted(pieces_of(loose, replicas)) == [
        ({"cpu": 8, "gpu": 8, "pods": 1}, 1),
        ({"cpu": 2, "gpu": 2, "pods": 1}, 2),
    ]


def test_what_a_small_pod_left_of_a_replica_stays_together() -> None:
    assert pieces_of({"cpu": 7, "gpu": 7, "pods": 0}, [{"cpu": 8, "gpu": 8}]) == [
        {"cpu": 7, "gpu": 7}
    ]
