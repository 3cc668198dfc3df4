"""The engine alone: what fits where, why not, and that it never promises more than there is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scheduling.engine import (
    Ask,
    ClusterView,
    Decision,
    NodeView,
    Policy,
    QuotaLevel,
    Snapshot,
    Verdict,
    decide,
)

GPU = "h100"
BIG = {"cpu": 96_000, "memory": 960, "pods": 110, GPU: 8}
PIECE = {"cpu": 8_000, "memory": 64, GPU: 2}
OPEN_POLICY = Policy()


def node(
    name: str, *, cluster: str = "ams", blockers: tuple[str, ...] = (), **free: int
) -> NodeView:
    amounts = BIG | {GPU if key == "gpu" else key: value for key, value in free.items()}
    return NodeView(f"uid-{name}", name, cluster, BIG, amounts, blockers)


def world(*nodes: NodeView, cap: int = 64, held: int = 0) -> Snapshot:
    level = QuotaLevel(
        "vision",
        {"cpu": 10**9, "memory": 10**9, GPU: cap},
        {"cpu": 0, "memory": 0, GPU: held},
    )
    names = sorted({one.cluster for one in nodes}) or ["ams"]
    return Snapshot(nodes, tuple(ClusterView(name) for name in names), (level,))


def asked(replicas: int = 1, **changes: object) -> Ask:
    return replace(Ask("vision", replicas, PIECE), **changes)  # type: ignore[arg-type]


def nodes_of(decision: Decision) -> dict[str, int]:
    return {placement.node_name: placement.replicas for placement in decision.placements}


def test_the_node_with_the_least_left_over_is_chosen_and_ties_go_to_the_lower_name() -> None:
    snapshot = world(node("b"), node("a"), node("c", gpu=4))
    assert nodes_of(decide(snapshot, asked(), OPEN_POLICY)) == {"c": 1}
    assert nodes_of(decide(world(node("b"), node("a")), asked(), OPEN_POLICY)) == {"a": 1}


def test_work_without_devices_keeps_away_from_nodes_that_have_them() -> None:
    plain = NodeView("uid-z", "z", "ams", {"cpu": 8000, "memory": 64, "pods": 9},
                     {"cpu": 8000, "memory": 64, "pods": 9})  # fmt: skip
    ask = Ask("vision", 1, {"cpu": 4000, "memory": 32})
    assert nodes_of(decide(world(node("a"), plain), ask, OPEN_POLICY)) == {"z": 1}


def test_all_replicas_go_to_the_one_cluster_that_needs_the_fewest_nodes() -> None:
    spread = [node(f"a{n}", gpu=2) for n in range(4)]
    packed = [node("f0", cluster="fra", gpu=4), node("f1", cluster="fra", gpu=4)]
    assert nodes_of(decide(world(*spread, *packed), asked(4), OPEN_POLICY)) == {"f0": 2, "f1": 2}


def test_a_decision_does_not_spread_over_clusters() -> None:
    snapshot = world(node("a", gpu=2), node("f", cluster="fra", gpu=2))
    decision = decide(snapshot, asked(2), OPEN_POLICY)
    assert decision.verdict == Verdict.WAIT
    assert decision.first_unmet is not None
    assert (decision.first_unmet.rule, decision.first_unmet.limit) == ("room", 1)


def test_every_node_that_took_nothing_says_why() -> None:
    snapshot = world(
        node("a"),
        node("b", blockers=("cordoned",)),
        node("c", gpu=1),
        node("d", gpu=8),
        node("e", pods=0),
    )
    decision = decide(snapshot, asked(), replace(OPEN_POLICY, avoid=frozenset({"uid-d"})))
    why = {refusal.node: (refusal.code, refusal.resource) for refusal in decision.refused}
    assert why == {
        "b": ("cordoned", ""),
        "c": ("no-room", GPU),
        "d": ("avoided", ""),
        "e": ("no-room", "pods"),
    }


def test_where_quota_refuses_every_node_says_how_it_stands() -> None:
    decision = decide(world(node("a"), node("b", gpu=1), cap=1), asked(), Policy())
    assert decision.verdict != Verdict.FITS
    why = {refusal.node: refusal.code for refusal in decision.refused}
    assert why == {"a": "has-room", "b": "no-room"}


def test_the_tenants_own_quota_is_told_before_its_parents_and_before_room() -> None:
    snapshot = world(cap=1)
    parent = QuotaLevel("aurora", {GPU: 0}, {})
    decision = decide(replace(snapshot, levels=(parent, *snapshot.levels)), asked(), OPEN_POLICY)
    unmet = [(check.rule, check.scope) for check in decision.checks if not check.ok]
    assert unmet[0] == ("quota.cap", "vision")
    assert ("quota.parent", "aurora") in unmet
    assert unmet[-1] == ("room", "")


def test_what_waits_and_what_can_never_be() -> None:
    full = world(node("a", gpu=0))
    assert decide(full, asked(), OPEN_POLICY).verdict == Verdict.WAIT
    assert decide(full, asked(5), OPEN_POLICY).verdict == Verdict.CANNOT
    assert decide(world(node("a"), cap=8, held=8), asked(), OPEN_POLICY).verdict == Verdict.WAIT
    assert decide(world(node("a"), cap=1), asked(), OPEN_POLICY).verdict == Verdict.CANNOT
    cordoned = world(node("a", blockers=("cordoned",)))
    assert decide(cordoned, asked(), OPEN_POLICY).verdict == Verdict.WAIT
    tainted = world(node("a", blockers=("tainted",)))
    assert decide(tainted, asked(), OPEN_POLICY).verdict == Verdict.CANNOT


def test_a_piece_larger_than_every_node_is_told_first_and_never_fits() -> None:
    decision = decide(world(node("a", gpu=0), cap=8, held=8), asked(shape={GPU: 9}), OPEN_POLICY)
    first = decision.first_unmet
    assert first is not None
    assert decision.verdict == Verdict.CANNOT
    assert (first.rule, first.resource) == ("room.node", GPU)
    assert (first.limit, first.now, first.asked, first.short_by) == (8, None, 9, 1)
    cores = decide(world(node("a")), asked(shape={"cpu": 97_000}), OPEN_POLICY).first_unmet
    assert cores is not None
    assert (cores.rule, cores.resource, cores.limit) == ("room.node", "cpu", 96_000)
    whole = decide(world(node("a", gpu=0)), asked(shape={GPU: 8}), OPEN_POLICY)
    assert "room.node" not in {check.rule for check in whole.checks}
    elsewhere = decide(
        world(node("a"), node("b", cluster="bru", blockers=("tainted",))),
        asked(shape={GPU: 9}, cluster="bru"),
        OPEN_POLICY,
    )
    assert "room.node" not in {check.rule for check in elsewhere.checks}, "there is no node at all"


def test_a_cluster_that_is_away_takes_nothing() -> None:
    snapshot = replace(world(node("a")), clusters=(ClusterView("ams", "unreachable"),))
    decision = decide(snapshot, asked(), OPEN_POLICY)
    assert (decision.verdict, decision.refused[0].code) == (Verdict.WAIT, "unreachable")


def test_open_capacity_goes_only_where_pods_can_be_pinned_and_keys_mean_one_type() -> None:
    mixed = ClusterView("ams", mixed=frozenset({GPU, "a100"}))
    loose = ClusterView("bru", fenced=False)
    good = ClusterView("fra")
    nodes = (node("a", gpu=2), node("b", cluster="bru", gpu=2), node("f", cluster="fra"))
    snapshot = replace(world(*nodes), clusters=(mixed, loose, good))
    assert nodes_of(decide(snapshot, asked(is_open=True), OPEN_POLICY)) == {"f": 1}
    assert nodes_of(decide(snapshot, asked(), OPEN_POLICY)) == {"a": 1}
    for cluster, rule in (("ams", "open.one-type"), ("bru", "open.policies")):
        decision = decide(snapshot, asked(is_open=True, cluster=cluster), OPEN_POLICY)
        unmet = decision.first_unmet
        assert unmet is not None
        assert (unmet.rule, unmet.scope, decision.verdict) == (rule, cluster, Verdict.WAIT)
    plain = Ask("vision", 1, {"cpu": 1000, "memory": 1}, cluster="ams", is_open=True)
    assert decide(snapshot, plain, OPEN_POLICY).verdict == Verdict.FITS


amounts = st.fixed_dictionaries(
    {
        "cpu": st.integers(0, 64),
        "memory": st.integers(0, 64),
        "pods": st.integers(0, 6),
        GPU: st.integers(-2, 8),
    }
)
shapes = st.fixed_dictionaries(
    {"cpu": st.integers(0, 9), "memory": st.integers(0, 9), GPU: st.integers(0, 3)}
)


@given(
    frees=st.lists(st.tuples(amounts, st.sampled_from(["ams", "fra"])), max_size=8),
    shape=shapes,
    replicas=st.integers(1, 12),
    cap=st.integers(0, 20),
    held=st.integers(0, 20),
)
def test_no_decision_takes_more_than_is_free_or_than_quota_leaves(
    frees: list[tuple[dict[str, int], str]],
    shape: dict[str, int],
    replicas: int,
    cap: int,
    held: int,
) -> None:
    nodes = [
        NodeView(f"u{number}", f"n{number}", cluster, BIG, free)
        for number, (free, cluster) in enumerate(frees)
    ]
    snapshot = world(*nodes, cap=cap, held=held)
    ask = Ask("vision", replicas, {key: amount for key, amount in shape.items() if amount})
    decision = decide(snapshot, ask, OPEN_POLICY)
    other_way_round = replace(snapshot, nodes=snapshot.nodes[::-1])
    assert decision.placements == decide(other_way_round, ask, OPEN_POLICY).placements
    if decision.verdict != Verdict.FITS:
        assert decision.placements == ()
        assert decision.first_unmet is not None
        return
    free = {view.uid: view.free for view in nodes}
    taken: Counter[str] = Counter()
    for placement in decision.placements:
        taken[placement.node_uid] += placement.replicas
    assert sum(taken.values()) == replicas
    assert len({placement.cluster for placement in decision.placements}) == 1
    for uid, pieces in taken.items():
        for resource, amount in ask.room.items():
            assert amount * pieces <= free[uid][resource]
    asked_devices = ask.total.get(GPU, 0)
    assert asked_devices == 0 or held + asked_devices <= cap
