"""No pod has to go that could stay, and none that does not count in what is over."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from scheduling.engine.evict import Tenancy, excess, victims

AMOUNT = st.integers(0, 8)
ROW = st.tuples(AMOUNT, AMOUNT, st.booleans(), st.integers(0, 3))
Row = tuple[int, int, bool, int]


def tenancies(rows: list[Row]) -> list[Tenancy]:
    """Pods by their devices, processors, whether they are leaving, and their age."""
    return [
        Tenancy(f"p{number}", f"u{number}", str(began), {"gpu": gpu, "cpu": cpu}, leaving)
        for number, (gpu, cpu, leaving, began) in enumerate(rows)
    ]


def over(pods: list[Tenancy], allowed: dict[str, int]) -> dict[str, int]:
    """What these use too much."""
    used: Counter[str] = Counter()
    for pod in pods:
        used.update(pod.counts)
    return excess(used, allowed)


@given(rows=st.lists(ROW, max_size=8), gpu=st.integers(0, 20), cpu=st.integers(0, 20))
def test_the_rest_fits_and_no_victim_could_have_stayed(rows: list[Row], gpu: int, cpu: int) -> None:
    pods, allowed = tenancies(rows), {"gpu": gpu, "cpu": cpu}
    chosen = victims(pods, allowed)
    staying = [pod for pod in pods if not pod.leaving]
    rest = [pod for pod in staying if pod not in chosen]
    assert not any(pod.leaving for pod in chosen)
    assert over(rest, allowed) == {}
    for pod in chosen:
        assert over([*rest, pod], allowed) != {}


def pod(name: str, began: str, **counts: int) -> Tenancy:
    """One pod."""
    leaving = bool(counts.pop("leaving", 0))
    return Tenancy(name=name, uid=name, began=began, counts=counts, leaving=leaving)


def test_only_a_pod_that_holds_what_is_over_goes() -> None:
    pods = [pod("old", "1", gpu=2), pod("young", "2", cpu=4)]
    assert [p.name for p in victims(pods, {"gpu": 1, "cpu": 4})] == ["old"]


def test_the_youngest_goes_first() -> None:
    pods = [pod("old", "1", gpu=2), pod("young", "2", gpu=2)]
    assert [p.name for p in victims(pods, {"gpu": 2})] == ["young"]


def test_what_is_leaving_already_is_enough() -> None:
    pods = [pod("old", "1", gpu=2), pod("young", "2", gpu=2, leaving=1)]
    assert victims(pods, {"gpu": 2}) == ()


def test_a_small_young_pod_stays_where_a_large_older_one_has_to_go() -> None:
    pods = [pod("large", "1", gpu=6), pod("small", "2", gpu=1)]
    assert [p.name for p in victims(pods, {"gpu": 2})] == ["large"]


def test_a_limit_that_no_pod_counts_in_takes_nobody_away() -> None:
    assert victims([pod("one", "1", gpu=2)], {"services.nodeports": 0, "gpu": 2}) == ()
