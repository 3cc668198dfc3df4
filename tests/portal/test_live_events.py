"""Merging events and what one socket holds: pure, with the time handed in."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from portal.live.events import MAX_IDS, Event, event_merge
from portal.live.subscriptions import MAX_SUBSCRIPTIONS, SPACING_SECONDS, Bucket, Subscriptions


def opened(topic: str = "job:1", seq: int = 5) -> Subscriptions:
    subs = Subscriptions()
    subs.add(1, topic)
    subs.opened(topic, seq)
    return subs


def test_event_merge_keeps_what_both_say() -> None:
    one = Event("job:1", 6, "step", {"step": [1]})
    two = Event("job:1", 7, "step", {"step": [1, 2], "log": [9]})
    assert event_merge(one, two) == Event("job:1", 7, "step", {"step": [1, 2], "log": [9]})
    assert event_merge(one, Event("job:1", 7, "ended", {"step": [2]})).kind == "changed"


def test_event_merge_says_look_yourself_when_one_side_does() -> None:
    named = Event("job:1", 6, "step", {"step": [1]})
    assert event_merge(named, Event("job:1", 7, "step")).ids == {}
    assert event_merge(Event("job:1", 5, "step"), named).ids == {}
    many = Event("job:1", 7, "step", {"step": list(range(MAX_IDS + 1))})
    assert event_merge(named, many).ids == {}


def test_event_merge_does_not_change_its_arguments() -> None:
    one = Event("job:1", 6, "step", {"step": [1]})
    event_merge(one, Event("job:1", 7, "step", {"step": [2]}))
    assert one.ids == {"step": [1]}


def test_an_old_or_foreign_event_is_not_taken() -> None:
    subs = opened(seq=5)
    assert not subs.offer(Event("job:1", 5, "step"))
    assert not subs.offer(Event("job:2", 9, "step"))
    assert subs.offer(Event("job:1", 6, "step"))


def test_an_event_before_the_answer_waits_for_it() -> None:
    subs = Subscriptions()
    subs.add(1, "job:1")
    subs.offer(Event("job:1", 6, "step"))
    assert (subs.due(0.0), subs.next_at()) == ([], None)
    subs.opened("job:1", 5)
    assert [event.seq for event in subs.due(0.0)] == [6]


def test_an_event_that_the_answer_already_covered_is_not_sent() -> None:
    subs = Subscriptions()
    subs.add(1, "job:1")
    subs.offer(Event("job:1", 6, "step"))
    subs.opened("job:1", 6)
    assert subs.due(0.0) == []


def test_the_topic_goes_with_its_last_subscription() -> None:
    subs = opened()
    assert not subs.add("b", "job:1")
    assert subs.remove(1) is None
    assert subs.remove("b") == "job:1"
    assert subs.remove("b") is None
    assert not subs.offer(Event("job:1", 9, "step"))


def test_full_after_a_hundred() -> None:
    subs = Subscriptions()
    for number in range(MAX_SUBSCRIPTIONS):
        assert not subs.full()
        subs.add(number, "job:1")
    assert subs.full()


def test_behind_finds_what_got_lost_once() -> None:
    subs = opened(seq=5)
    assert subs.behind({"job:1": 5}) == []
    assert subs.behind({"job:1": 8}) == ["job:1"]
    assert subs.behind({"job:1": 8}) == []
    subs.offer(Event("job:1", 9, "step"))
    assert subs.behind({"job:1": 9}) == []


@given(st.lists(st.floats(min_value=0.0, max_value=0.3), min_size=1, max_size=60))
def test_never_more_than_four_a_second_and_the_last_one_always(gaps: list[float]) -> None:
    subs, now, sent = opened(seq=0), 0.0, []
    for seq, gap in enumerate(gaps, start=1):
        now += gap
        subs.offer(Event("job:1", seq, "step"))
        sent += [(now, event.seq) for event in subs.due(now)]
    while (at := subs.next_at()) is not None:
        now = max(now, at)
        sent += [(now, event.seq) for event in subs.due(now)]
    assert sent[-1][1] == len(gaps)
    times = [at for at, _seq in sent]
    assert all(b - a >= SPACING_SECONDS - 1e-9 for a, b in pairwise(times))


def test_bucket_lets_a_burst_through_and_then_twenty_a_second() -> None:
    bucket = Bucket(at=0.0)
    assert sum(bucket.take(0.0) for _ in range(200)) == 120
    assert sum(bucket.take(1.0) for _ in range(200)) == 20
    assert sum(bucket.take(60.0) for _ in range(200)) == 120
